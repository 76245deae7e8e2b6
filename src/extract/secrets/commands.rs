//! Passwords on command lines. Input: a text and the place of a program's name. Output: the password
//! behind the option that takes it.

use std::ops::Range;

use super::line::{self, Not, Spot};

/// Longest command, in bytes and words.
const LONGEST: usize = 600;
const WORDS: usize = 48;

/// `mysql -pVALUE`: the value is one word with its option.
pub(super) fn glued(text: &str, hit: Range<usize>, option: &str) -> Result<Spot, Not> {
    let words = words(text, hit.start);
    let found = words.iter().skip(1).find(|w| {
        let word = &text[(*w).clone()];
        word.len() > option.len()
            && word.starts_with(option)
            && !word.starts_with("-pass")
            && !word.starts_with("-port")
    });
    let word = found.ok_or("no password")?;
    let start = word.start + option.len();
    let quotes = text[start..word.end].bytes().take_while(|b| matches!(b, b'"' | b'\'')).count();
    judged(text, start + quotes..word.end)
}

/// `sshpass -pVALUE` and `sshpass -p VALUE`.
pub(super) fn glued_or_behind(text: &str, hit: Range<usize>, option: &str) -> Result<Spot, Not> {
    let words = words(text, hit.start);
    let first = words.iter().find(|w| text[(*w).clone()].starts_with(option)).ok_or("no password")?;
    if &text[first.clone()] == option { behind(text, hit, &[option]) } else { glued(text, hit, option) }
}

/// `--option=VALUE`.
pub(super) fn equated(text: &str, hit: Range<usize>, option: &str) -> Result<Spot, Not> {
    let words = words(text, hit.start);
    let rest = |word: &Range<usize>| text[word.clone()].strip_prefix(option)?.strip_prefix('=');
    let (word, value) = words.iter().find_map(|w| Some((w, rest(w)?))).ok_or("no password")?;
    let quotes = value.bytes().take_while(|b| matches!(b, b'"' | b'\'')).count();
    judged(text, word.end - value.len() + quotes..word.end)
}

/// The word behind one of `options`, or what a long one is set to.
pub(super) fn behind(text: &str, hit: Range<usize>, options: &[&str]) -> Result<Spot, Not> {
    let words = words(text, hit.start);
    if let Some(at) = words.iter().position(|w| options.contains(&&text[w.clone()])) {
        return judged(text, words.get(at + 1).cloned().ok_or("no password")?);
    }
    let long = options.iter().find(|option| option.starts_with("--")).ok_or("no password")?;
    equated(text, hit, long)
}

/// Clients of databases, each with its own letter.
pub(super) fn database(text: &str, hit: Range<usize>) -> Result<Spot, Not> {
    let program = text[hit.clone()].trim().to_ascii_lowercase();
    let options: &[&str] = match program.as_str() {
        "redis-cli" | "valkey-cli" => &["-a", "--pass"],
        "sqlcmd" | "bcp" => return glued_or_behind(text, hit, "-P"),
        _ => &["-p", "--password"],
    };
    behind(text, hit, options)
}

/// Logins at clouds and directories.
pub(super) fn cloud(text: &str, hit: Range<usize>) -> Result<Spot, Not> {
    let program = text[hit.clone()].trim().to_ascii_lowercase();
    match program.as_str() {
        "az login" => behind(text, hit, &["-p", "--password"]),
        "aws configure set" => behind(text, hit, &["aws_secret_access_key", "aws_session_token"]),
        "smbclient" => {
            let words = words(text, hit.start);
            let at = words.iter().position(|w| &text[w.clone()] == "-U").ok_or("no password")?;
            let user = words.get(at + 1).cloned().ok_or("no password")?;
            let percent = text[user.clone()].find('%').ok_or("no password")?;
            judged(text, user.start + percent + 1..user.end)
        }
        _ => behind(text, hit, &["-w"]),
    }
}

fn judged(text: &str, range: Range<usize>) -> Result<Spot, Not> {
    let doubt = line::password(text.get(range.clone()).ok_or("no text")?)?;
    Ok(Spot::new(range).doubting(doubt))
}

/// The words of the command that begins at `from`, without their quotes; a backslash joins lines.
fn words(text: &str, from: usize) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let limit = bytes.len().min(from + LONGEST);
    let mut found = Vec::new();
    let mut at = from;
    while at < limit && found.len() < WORDS {
        match bytes[at] {
            b' ' | b'\t' => at += 1,
            b'\\' if matches!(bytes.get(at + 1), Some(b'\n' | b'\r')) => at += 2,
            b'\n' | b'\r' | b'|' | b';' | b'&' | b'`' | b')' => break,
            quote @ (b'"' | b'\'') => {
                let Some(len) = memchr::memchr(quote, &bytes[at + 1..limit]) else { break };
                if bytes[at + 1..at + 1 + len].contains(&b'\n') {
                    break;
                }
                found.push(at + 1..at + 1 + len);
                at += len + 2;
            }
            _ => {
                let len = bytes[at..limit].iter().take_while(|b| !b" \t\n\r|;`\"'\\".contains(b)).count();
                if len == 0 {
                    break;
                }
                let end = at + len;
                // `-p'value'`: the quotes belong to the word.
                let inside = match bytes.get(end) {
                    Some(quote @ (b'"' | b'\'')) if bytes[at] == b'-' => memchr::memchr(*quote, &bytes[end + 1..limit])
                        .filter(|len| bytes[end + 1..end + 1 + len].iter().all(|b| *b > b' ' && !b"()".contains(b))),
                    _ => None,
                };
                found.push(at..end + inside.map_or(0, |len| len + 1));
                at = end + inside.map_or(0, |len| len + 2);
                let ends = matches!(bytes.get(at), Some(b'"' | b'\''))
                    || bytes.get(at) == Some(&b'\\') && !matches!(bytes.get(at + 1), Some(b'\n' | b'\r'));
                if ends {
                    break;
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, program: &str, find: impl Fn(&str, Range<usize>) -> Result<Spot, Not>) -> Result<String, Not> {
        let at = text.find(program).unwrap();
        find(text, at..at + program.len()).map(|spot| text[spot.range].to_owned())
    }

    #[test]
    fn a_password_is_found_behind_its_option() {
        let word = format!("{}{}", "kT9w", "Zq31x");
        let mysql = |t: &str, h| glued(t, h, "-p");
        for text in [
            format!("mysql -h db.acme.net -u app -p{word} app"),
            format!("mysql -u app -p'{word}' app < dump.sql"),
            format!("os.system(\"mysql -u app -p{word}\")"),
            format!("mysql -h db \\\n  -u app \\\n  -p{word} app"),
        ] {
            assert_eq!(of(&text, "mysql -", mysql), Ok(word.clone()), "{text}");
        }
        let sshpass = |t: &str, h| glued_or_behind(t, h, "-p");
        for text in [
            format!("sshpass -p{word} ssh -p 22022 bot@h"),
            format!("sshpass -p '{word}' ssh -p22022 bot@h"),
            format!("sshpass -p'{word}' scp a bot@h:"),
        ] {
            assert_eq!(of(&text, "sshpass -p", sshpass), Ok(word.clone()), "{text}");
        }
        let docker = |t: &str, h| behind(t, h, &["-p"]);
        for text in [format!("docker login -u bot -p {word} r.acme.net"), format!("docker login -p \"{word}\" -u bot")]
        {
            assert_eq!(of(&text, "docker login", docker), Ok(word.clone()), "{text}");
        }
        let long = |t: &str, h| equated(t, h, "--password");
        for (text, program) in [
            (format!("mysql --user=app --password={word} app"), "mysql -"),
            (format!("mysqldump --password='{word}' app"), "mysqldump -"),
        ] {
            assert_eq!(of(&text, program, long), Ok(word.clone()), "{text}");
        }
        assert_eq!(of("mysql --password inventory", "mysql -", long), Err("no password"));
        for (text, program) in [
            (format!("mongosh --username app --password {word} db"), "mongosh "),
            (format!("mongodump --password={word}"), "mongodump "),
            (format!("redis-cli --pass {word} ping"), "redis-cli "),
            (format!("sqlcmd -S db -U sa -P{word}"), "sqlcmd "),
            (format!("sqlcmd -S db -U sa -P {word}"), "sqlcmd "),
        ] {
            assert_eq!(of(&text, program, database), Ok(word.clone()), "{text}");
        }
        assert_eq!(of(&format!("redis-cli -h r -a {word} ping"), "redis-cli ", database), Ok(word.clone()));
        assert_eq!(of(&format!("az login --service-principal -u a -p {word}"), "az login", cloud), Ok(word.clone()));
        assert_eq!(of(&format!("smbclient //s/x -U app%{word}"), "smbclient ", cloud), Ok(word.clone()));
    }

    #[test]
    fn variables_prompts_and_other_commands_are_none() {
        let mysql = |t: &str, h| glued(t, h, "-p");
        for text in [
            "mysql -u root -p app",
            "mysql -u root -p$PASSWORD app",
            "mysql -u root -p\"$PASSWORD\" app",
            "mysql -u root -p<password> app",
            "mysql -u root; ls -pxyz123",
            "mysql -u root --port 3306 -port3306",
        ] {
            assert!(of(text, "mysql -", mysql).is_err(), "{text}");
        }
        let docker = |t: &str, h| behind(t, h, &["-p"]);
        for text in
            ["docker login -u bot --password-stdin", "docker login -p ${{ secrets.TOKEN }}", "docker login -p $(cat x)"]
        {
            assert!(of(text, "docker login", docker).is_err(), "{text}");
        }
    }
}
