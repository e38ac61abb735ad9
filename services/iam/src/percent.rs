//! Percent-encoding as IAM's answers have it for policy documents: RFC 3986, unreserved characters alone stand for
//! themselves.

/// Two digits that RFC 3986 (2.1) wants in upper case.
const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];

pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            let digit = |half: u8| DIGITS.get(usize::from(half)).copied().unwrap_or_default();
            encoded.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unreserved_characters_stand_for_themselves_and_no_others() {
        assert_eq!(encode("aZ09-._~"), "aZ09-._~");
        assert_eq!(encode("{\"a\" : *}\n"), "%7B%22a%22%20%3A%20%2A%7D%0A");
        assert_eq!(encode("é"), "%C3%A9");
    }
}
