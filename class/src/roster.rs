//! The roster: who is in the class, read from a table as platforms export it.
//!
//! Columns are known by their names, in any order. Whatever tells a student from the others (login, mail address, name, the numbers of
//! platforms) is kept, because each platform names submissions by another of these.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// One student.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Student {
    /// What tells this student from all others: the key of results and files.
    pub(crate) id: String,
    /// The columns that are known, by their names here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) fields: BTreeMap<Field, String>,
}

/// What a column says of a student.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Field {
    /// A key of the instructor's own.
    Id,
    /// The login at the university.
    Login,
    /// Canvas' second number.
    SisUserId,
    /// Canvas' own number.
    CanvasId,
    /// The login at GitHub.
    Github,
    /// The address.
    Email,
    /// GitHub Classroom's name for the student, or Moodle's `Participant 12`.
    Identifier,
    /// The name, as it is shown.
    Name,
    /// The given name, where it stands alone.
    FirstName,
    /// The family name, where it stands alone.
    LastName,
    /// The group or section.
    Section,
}

/// The names of columns, in small letters and without spaces and signs.
const COLUMNS: [(&str, Field); 40] = [
    ("studentid", Field::Id),
    ("studentnumber", Field::Id),
    ("matriculationnumber", Field::Id),
    ("matriculation", Field::Id),
    ("matrikelnummer", Field::Id),
    ("matricola", Field::Id),
    ("idnumber", Field::Id),
    ("key", Field::Id),
    ("login", Field::Login),
    ("loginid", Field::Login),
    ("sisloginid", Field::Login),
    ("username", Field::Login),
    ("user", Field::Login),
    ("netid", Field::Login),
    ("sisuserid", Field::SisUserId),
    ("sisid", Field::SisUserId),
    ("canvasid", Field::CanvasId),
    ("github", Field::Github),
    ("githubusername", Field::Github),
    ("githublogin", Field::Github),
    ("githubuser", Field::Github),
    ("email", Field::Email),
    ("emailaddress", Field::Email),
    ("mail", Field::Email),
    ("identifier", Field::Identifier),
    ("rosteridentifier", Field::Identifier),
    ("name", Field::Name),
    ("fullname", Field::Name),
    ("student", Field::Name),
    ("studentname", Field::Name),
    ("displayname", Field::Name),
    ("firstname", Field::FirstName),
    ("givenname", Field::FirstName),
    ("lastname", Field::LastName),
    ("surname", Field::LastName),
    ("familyname", Field::LastName),
    ("section", Field::Section),
    ("sections", Field::Section),
    ("group", Field::Section),
    ("groupname", Field::Section),
];

/// Which columns can be the key, the best first.
const KEYS: [Field; 8] = [
    Field::Id,
    Field::Login,
    Field::Github,
    Field::SisUserId,
    Field::CanvasId,
    Field::Email,
    Field::Identifier,
    Field::Name,
];

/// A roster as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Roster {
    /// The students, in the roster's order.
    pub(crate) students: Vec<Student>,
    /// The names of all columns as they are written: a platform wants its own back.
    pub(crate) columns: Vec<String>,
}

/// Why a roster cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RosterError {
    /// It is no table of text.
    #[error("it is not UTF-8; save the table as CSV UTF-8")]
    NotUtf8,
    /// The table is damaged.
    #[error("{0}")]
    Table(#[from] csv::Error),
    /// Nothing tells the students apart.
    #[error(
        "no column tells students apart; it has: {0}; wanted is one of: id, login, github, email, name"
    )]
    NoKey(String),
    /// Two lines have one key.
    #[error("line {line}: {id:?} is there a second time")]
    Twice {
        /// The line of the second.
        line: u64,
        /// The key.
        id: String,
    },
    /// A line has no key.
    #[error("line {0}: nothing tells who this is")]
    Nobody(u64),
}

impl Student {
    /// A field's text, empty where it is not known.
    pub(crate) fn get(&self, field: Field) -> &str {
        self.fields.get(&field).map_or("", String::as_str)
    }

    /// The name as it is shown; the key where there is none.
    pub(crate) fn name(&self) -> &str {
        match self.get(Field::Name) {
            "" => &self.id,
            name => name,
        }
    }
}

/// Reads a roster.
///
/// # Errors
/// When it is no table, or students cannot be told apart.
pub(crate) fn read(bytes: &[u8]) -> Result<Roster, RosterError> {
    let text = std::str::from_utf8(bytes).map_err(|_| RosterError::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(text))
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let columns: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    let known = fields(&columns);
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let mut fields = BTreeMap::new();
        for (field, value) in known.iter().zip(record.iter()) {
            if let Some(field) = field
                && !value.is_empty()
            {
                fields.entry(*field).or_insert_with(|| value.to_owned());
            }
        }
        complete_name(&mut fields);
        if !fields.is_empty() && !is_no_student(&fields) {
            lines.push((line, fields));
        }
    }
    let key = KEYS
        .into_iter()
        .find(|key| is_key(&lines, *key))
        .or_else(|| KEYS.into_iter().find(|key| known.contains(&Some(*key))));
    let key = key.ok_or_else(|| RosterError::NoKey(columns.join(", ")))?;
    let mut seen = BTreeSet::new();
    let mut students = Vec::new();
    for (line, fields) in lines {
        let id = fields.get(&key).ok_or(RosterError::Nobody(line))?.clone();
        if !seen.insert(id.to_lowercase()) {
            return Err(RosterError::Twice { line, id });
        }
        students.push(Student { id, fields });
    }
    Ok(Roster { students, columns })
}

/// Whether a column tells the students apart: one that is made for that as soon as it is used, another one if every line has it, each
/// another value.
fn is_key(lines: &[(u64, BTreeMap<Field, String>)], key: Field) -> bool {
    let values: BTreeSet<String> = lines
        .iter()
        .filter_map(|(_, fields)| Some(fields.get(&key)?.to_lowercase()))
        .collect();
    !values.is_empty() && (key == Field::Id || values.len() == lines.len())
}

/// What each column says. `ID` means Canvas' own number where the table is Canvas', and the key elsewhere.
fn fields(columns: &[String]) -> Vec<Option<Field>> {
    let names: Vec<String> = columns.iter().map(|it| folded(it)).collect();
    let is_canvas = names
        .iter()
        .any(|it| it == "sisloginid" || it == "sisuserid");
    let field = |name: &String| match name.as_str() {
        "id" if is_canvas => Some(Field::CanvasId),
        "id" => Some(Field::Id),
        name => COLUMNS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, field)| *field),
    };
    names.iter().map(field).collect()
}

fn folded(name: &str) -> String {
    let letters = name.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn complete_name(fields: &mut BTreeMap<Field, String>) {
    let part = |field| fields.get(&field).map_or("", String::as_str);
    let name = format!("{} {}", part(Field::FirstName), part(Field::LastName));
    if !name.trim().is_empty() {
        fields
            .entry(Field::Name)
            .or_insert_with(|| name.trim().to_owned());
    }
}

/// Lines of Canvas' export that are no students: the points possible, and the account for trying.
fn is_no_student(fields: &BTreeMap<Field, String>) -> bool {
    let name = fields.get(&Field::Name).map_or("", String::as_str);
    let is_alone = !fields.contains_key(&Field::CanvasId);
    (name == "Points Possible" && is_alone) || name == "Student, Test"
}

/// The sign between the columns: the one that the first line has most of.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let count = |sign: &u8| first.bytes().filter(|byte| byte == sign).count();
    let signs = [b';', b'\t', b','];
    signs.into_iter().max_by_key(count).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn ids(text: &str) -> Vec<String> {
        let roster = read(text.as_bytes()).unwrap();
        roster.students.into_iter().map(|it| it.id).collect()
    }

    #[test]
    fn columns_may_stand_in_any_order() {
        let roster = read("E-Mail;Surname;First name;Login\na@x.org;Ada;Lovelace;ada\n".as_bytes());
        let student = &roster.unwrap().students[0];
        assert_eq!(student.id, "ada");
        assert_eq!(student.get(Field::Email), "a@x.org");
        assert_eq!(student.name(), "Lovelace Ada");
        assert_eq!(ids("\u{feff}name\tid\nX\t7\n"), ["7"]);
    }

    #[test]
    fn an_export_of_canvas_is_read() {
        let text = "Student,ID,SIS User ID,SIS Login ID,Section,02-pipes (77)\n\
            \"    Points Possible\",,,,,20\n\
            \"Lovelace, Ada\",101,s1,ada,A,\n\
            \"Turing, Alan\",102,s2,alan,B,\n\
            \"Student, Test\",103,,x,A,\n";
        let roster = read(text.as_bytes()).unwrap();
        assert_eq!(ids(text), ["ada", "alan"]);
        assert_eq!(roster.students[0].get(Field::CanvasId), "101");
        assert_eq!(roster.columns[5], "02-pipes (77)");
    }

    #[test]
    fn exports_of_moodle_and_of_classroom_are_read() {
        let sheet = "Identifier,Full name,Email address,Status,Grade\n\
            Participant 12,Ada Lovelace,ada@x.org,Submitted,\n";
        assert_eq!(ids(sheet), ["ada@x.org"]);
        let users = "First name,Last name,ID number,Email address\nAda,Lovelace,7,ada@x.org\n";
        assert_eq!(ids(users), ["7"]);
        let classroom = "identifier,github_username,github_id,name\nada@x.org,ada,1,Ada\n";
        assert_eq!(ids(classroom), ["ada"]);
        // Who has not accepted yet has no login there: the next column that all have is the key.
        let classroom = "identifier,github_username\nada@x.org,ada\nalan@x.org,\n";
        assert_eq!(ids(classroom), ["ada@x.org", "alan@x.org"]);
    }

    #[test]
    fn what_cannot_be_told_apart_is_refused() {
        let said = |text: &[u8]| read(text).unwrap_err().to_string();
        assert!(said(b"a,b\n1,2\n").contains("it has: a, b"));
        assert!(said(b"id\nX\nx\n").contains("line 3: \"x\" is there a second time"));
        assert!(said(b"id,name\n,Ada\nx,Alan\nx,Kurt\n").contains("line 2: nothing tells"));
        assert!(said(b"id\n\xff\n").contains("UTF-8"));
    }
}
