//! Reads SVG and HTML as strictly as XML is read, to say what is in it.

use std::collections::BTreeMap;

/// An element's opening tag.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: BTreeMap<String, String>,
}

impl Element {
    pub(super) fn get(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute).map(String::as_str)
    }

    pub(super) fn has_class(&self, class: &str) -> bool {
        let classes = self.get("class").unwrap_or_default();
        classes.split(' ').any(|it| it == class)
    }
}

/// The elements of a well-formed document in order; fails where it is not well-formed. What stands in `script` and
/// `style` is no markup.
#[track_caller]
pub(super) fn elements(document: &str) -> impl Iterator<Item = Element> {
    let mut elements = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = document.strip_prefix("<!DOCTYPE html>").unwrap_or(document);
    while let Some((text, tag)) = rest.split_once('<') {
        assert!(!text.contains('>'), "a stray > in {text:?}");
        references(text);
        if let Some(closing) = tag.strip_prefix('/') {
            let (name, after) = closing.split_once('>').unwrap();
            assert_eq!(open.pop().as_deref(), Some(name));
            rest = after;
            continue;
        }
        let (element, is_empty, after) = element(tag);
        rest = after;
        if !is_empty {
            open.push(element.name.clone());
        }
        if ["script", "style"].contains(&element.name.as_str()) {
            rest = &rest[rest.find(&format!("</{}>", element.name)).unwrap()..];
        }
        elements.push(element);
    }
    assert!(
        open.is_empty() && rest.trim().is_empty(),
        "{open:?} {rest:?}"
    );
    let forbidden = |letter: char| letter.is_control() && letter != '\n';
    assert!(!document.contains(forbidden));
    elements.into_iter()
}

/// Reads a tag behind its `<`: the element, whether it is empty, and what follows.
#[track_caller]
fn element(tag: &str) -> (Element, bool, &str) {
    let end = tag.find([' ', '>', '/']).unwrap();
    let (name, mut rest) = tag.split_at(end);
    let named = |it: &str| {
        it.chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '-' || letter == ':')
    };
    assert!(!name.is_empty() && named(name), "{name:?}");
    let mut attributes = BTreeMap::new();
    loop {
        rest = rest.trim_start();
        for (end, is_empty) in [("/>", true), (">", false)] {
            if let Some(after) = rest.strip_prefix(end) {
                let name = name.to_owned();
                return (Element { name, attributes }, is_empty, after);
            }
        }
        let (key, value) = rest.split_once("=\"").unwrap();
        let (value, after) = value.split_once('"').unwrap();
        assert!(named(key) && !value.contains('<'), "{key}={value}");
        references(value);
        let before = attributes.insert(key.to_owned(), value.to_owned());
        assert_eq!(before, None, "{key} twice");
        rest = after;
    }
}

/// Every `&` begins a reference that XML knows.
#[track_caller]
fn references(text: &str) {
    for part in text.split('&').skip(1) {
        let (name, _) = part.split_once(';').unwrap();
        assert!(
            ["amp", "lt", "gt", "quot", "#39", "#10"].contains(&name),
            "&{name};"
        );
    }
}
