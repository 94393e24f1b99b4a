use std::fs;

use axum::http::HeaderValue;

use super::*;

fn headers(value: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
    headers
}

#[track_caller]
fn check(tokens: &Tokens, value: &str, expected: Result<(), Refusal>) {
    assert_eq!(tokens.check(&headers(value)), expected, "for `{value}`");
}

#[test]
fn only_the_bearer_of_the_token_may_post() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "secret\n").unwrap();
    let tokens = Tokens::read(&[file]).unwrap();
    assert_eq!(tokens.check(&HeaderMap::new()), Err(Refusal::NoCredentials));
    check(&tokens, "Bearer secret", Ok(()));
    check(&tokens, "bearer secret", Ok(()));
    check(&tokens, "Bearer  secret ", Ok(()));
    check(&tokens, "Bearer secre", Err(Refusal::WrongCredentials));
    check(&tokens, "Bearer secrets", Err(Refusal::WrongCredentials));
    check(&tokens, "Bearer SECRET", Err(Refusal::WrongCredentials));
    check(&tokens, "Bearer ", Err(Refusal::NoCredentials));
    check(&tokens, "Bearer", Err(Refusal::NoCredentials));
    check(&tokens, "Basic c2VjcmV0", Err(Refusal::NoCredentials));
    check(&tokens, "secret", Err(Refusal::NoCredentials));
}

#[test]
fn two_tokens_are_accepted_while_one_takes_the_place_of_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    fs::write(&old, "first").unwrap();
    // The second file does not exist outside a rotation.
    let tokens = Tokens::read(&[old.clone(), new.clone()]).unwrap();
    check(&tokens, "Bearer first", Ok(()));
    check(&tokens, "Bearer second", Err(Refusal::WrongCredentials));
    fs::write(&new, "second").unwrap();
    check(&tokens, "Bearer first", Ok(()));
    check(&tokens, "Bearer second", Ok(()));
    fs::rename(&old, folder.path().join("gone")).unwrap();
    check(&tokens, "Bearer first", Err(Refusal::WrongCredentials));
    check(&tokens, "Bearer second", Ok(()));
}

#[test]
fn a_file_that_is_being_written_keeps_its_last_token() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "first").unwrap();
    let tokens = Tokens::read(std::slice::from_ref(&file)).unwrap();
    fs::write(&file, "").unwrap();
    check(&tokens, "Bearer first", Ok(()));
    check(&tokens, "Bearer ", Err(Refusal::NoCredentials));
    fs::write(&file, "third").unwrap();
    check(&tokens, "Bearer first", Err(Refusal::WrongCredentials));
    check(&tokens, "Bearer third", Ok(()));
}

#[test]
fn a_replaced_file_is_read_again_even_when_it_looks_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "aaaa").unwrap();
    let tokens = Tokens::read(std::slice::from_ref(&file)).unwrap();
    let other = folder.path().join("other");
    fs::write(&other, "bbbb").unwrap();
    fs::rename(&other, &file).unwrap();
    check(&tokens, "Bearer bbbb", Ok(()));
    check(&tokens, "Bearer aaaa", Err(Refusal::WrongCredentials));
}

#[test]
fn without_any_token_there_is_no_start() {
    let error = Tokens::read(&["/nonexistent/token".into()]).unwrap_err();
    let said = error.to_string();
    assert!(
        said.starts_with("no webhook token can be read from /nonexistent/token\n  hint: "),
        "{said}"
    );
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn a_second_file_that_is_not_there_yet_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let later = folder.path().join("later");
    let mut file = TokenFile {
        path: later.clone(),
        read_as: None,
        was_tried: false,
        token: None,
    };
    assert!(file.refresh().is_err());
    assert!(file.refresh().is_ok());
    fs::write(&later, "token").unwrap();
    assert!(file.refresh().is_ok());
    assert!(file.token.is_some());
}
