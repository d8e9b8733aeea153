"""The smallest application for gunicorn: the same reply as the course's server gives."""
import os


def application(environ, start_response):
    body = f"hello from process {os.getpid()}\n".encode()
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [body]
