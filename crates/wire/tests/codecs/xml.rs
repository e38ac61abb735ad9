//! XML documents as plain trees, to compare two of them.

use quick_xml::events::Event;

#[derive(Debug, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub text: String,
    pub children: Vec<Element>,
}

/// The root element. Attributes and prefixes are left out, and blanks around child elements.
pub fn parse(document: &str) -> Element {
    let mut reader = quick_xml::Reader::from_str(document);
    let mut open = vec![element("")];
    loop {
        let event = reader.read_event().unwrap_or_else(|error| panic!("{error}: {document}"));
        match event {
            Event::Start(start) => open.push(element(start.name().as_ref())),
            Event::Empty(start) => {
                let child = element(start.name().as_ref());
                open.last_mut().unwrap().children.push(child);
            }
            Event::End(_) => {
                let mut child = open.pop().unwrap();
                if !child.children.is_empty() || child.text.trim().is_empty() {
                    child.text.clear();
                }
                open.last_mut().unwrap().children.push(child);
            }
            Event::Text(text) => open.last_mut().unwrap().text.push_str(&text),
            Event::GeneralRef(reference) => {
                let name = reference.to_string();
                let letter = match name.as_str() {
                    "amp" => '&',
                    "lt" => '<',
                    "gt" => '>',
                    "quot" => '"',
                    "apos" => '\'',
                    _ => reference.resolve_char_ref().unwrap().unwrap(),
                };
                open.last_mut().unwrap().text.push(letter);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let [root] = open.as_mut_slice() else { panic!("an element is not closed: {document}") };
    root.children.pop().unwrap()
}

fn element(name: &str) -> Element {
    Element { name: name.to_owned(), text: String::new(), children: Vec::new() }
}
