//! Texts, and how our reading of each compares with that of Alertmanager 0.25.

use self::Expected::{MatchOtherwise, OnlyOurs, OnlyTheirs, ReadOtherwise, Same};

/// How two readings compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// Both refuse it, or both read the same and match the same.
    Same,
    /// 0.25 refuses it.
    OnlyOurs,
    /// We refuse it.
    OnlyTheirs,
    /// Names, operators or values differ.
    ReadOtherwise,
    /// They match other labels.
    MatchOtherwise,
}

/// The text, how they compare, and for a difference why it is one by design.
pub(super) const ROWS: &[(&str, Expected, &str)] = &[
    // Operators, quotes, braces, spaces.
    (r#"alertname = "ServiceDown""#, Same, ""),
    ("alertname=ServiceDown", Same, ""),
    (r#"a!="b""#, Same, ""),
    (r#"a=~"b|c""#, Same, ""),
    ("a!~b.*", Same, ""),
    ("a=~b+", Same, ""),
    (r#"a="""#, Same, ""),
    (r#"a!="""#, Same, ""),
    (r#"a=~".*""#, Same, ""),
    (r#"a!~".+""#, Same, ""),
    (r#"{a="b",c=~"d"}"#, Same, ""),
    ("{ a = b , c = d , }", Same, ""),
    (r#"a="b",a!="c""#, Same, ""),
    ("a=b,c=d,", Same, ""),
    ("  a  =  b  ", Same, ""),
    ("\ta=b\n", Same, ""),
    (r#"a="x,y={z}""#, Same, ""),
    (r#"a="}""#, Same, ""),
    ("instance=web1:9750", Same, ""),
    ("a:b_c9=d", Same, ""),
    ("_=b", Same, ""),
    (":=b", Same, ""),
    ("a=é", Same, ""),
    (r#"a="é ٣""#, Same, ""),
    ("a=/var/log", Same, ""),
    ("a=[b]", Same, ""),
    ("a=b@c.d-e+f*g(h)|i^j$k#l%m&n;o<p>q?r", Same, ""),
    // Escapes that both have.
    (r#"a="\"\\\n""#, Same, ""),
    (r#"a="b\\""#, Same, ""),
    // Regular expressions: anchored, and valid by themselves.
    (r#"a=~"b""#, Same, ""),
    (r#"a=~"(b|B)+""#, Same, ""),
    (r#"a=~"(?i)b""#, Same, ""),
    (r#"a=~"^b$""#, Same, ""),
    (r#"a=~"[^b]*""#, Same, ""),
    (r#"a=~"[[:alpha:]]""#, Same, ""),
    (r#"a=~"b{2}""#, Same, ""),
    (r#"a=~".""#, Same, ""),
    (r#"a=~"\\p{L}""#, Same, ""),
    (r#"a=~"\\.""#, Same, ""),
    (r#"a=~"(?P<x>b)""#, Same, ""),
    (r#"a=~"b|""#, Same, ""),
    (r#"a=~"(""#, Same, ""),
    (r#"a=~"[""#, Same, ""),
    (r#"a=~"*""#, Same, ""),
    (r#"a=~"b{2,1}""#, Same, ""),
    (
        r#"a=~")|(""#,
        OnlyTheirs,
        "it would break out of the anchors that it is put between",
    ),
    (r#"a=~"(?=b)""#, Same, ""),
    (r#"a=~"(b)\\1""#, Same, ""),
    (r#"a=~"b\\z""#, Same, ""),
    // Two engines for regular expressions: Go's, and the regex crate.
    (
        r#"a=~"\\d""#,
        MatchOtherwise,
        "`\\d`, `\\w`, `\\s` and `\\b` know all of Unicode here, ASCII there",
    ),
    (
        r#"a=~"[b&&c]""#,
        MatchOtherwise,
        "`&&` in a class is an intersection here",
    ),
    (
        r#"a=~"[[a]b]""#,
        MatchOtherwise,
        "classes can be nested here",
    ),
    (r#"a=~"\\Qb\\E""#, OnlyTheirs, "there is no `\\Q` here"),
    (
        r#"a=~"b{""#,
        OnlyTheirs,
        "a brace that begins no repetition has to be escaped here",
    ),
    (r#"a=~"b{1001}""#, OnlyOurs, "repetitions end at 1000 there"),
    (r#"a=~"(?x)b""#, OnlyOurs, "there is no flag `x` there"),
    // Refused by both.
    ("a", Same, ""),
    ("a b", Same, ""),
    ("=b", Same, ""),
    ("a~b", Same, ""),
    ("a!b", Same, ""),
    ("a=b,,c=d", Same, ""),
    (",a=b", Same, ""),
    (r#"a="b"#, Same, ""),
    (r#"a=b""#, Same, ""),
    (r#"a="b"c"#, Same, ""),
    (r#"a="b"c""#, Same, ""),
    (r#"a=""b""#, Same, ""),
    (r#"""=b"#, Same, ""),
    ("a=b c=d,e", Same, ""),
    // The UTF-8 grammar has names that the old one does not have.
    (r#""a"=b"#, OnlyOurs, "a name may be quoted"),
    (
        r#""foo bar"="x""#,
        OnlyOurs,
        "a quoted name may have any character",
    ),
    (
        r#"{"κόσμε"=~"λ+"}"#,
        OnlyOurs,
        "a name may have any character",
    ),
    ("κόσμε=b", OnlyOurs, "a name may have any character"),
    ("1a=b", OnlyOurs, "a name may begin with a digit"),
    ("a.b=c", OnlyOurs, "a name may have a dot"),
    ("a-b=c", OnlyOurs, "a name may have a dash"),
    // What is not plain has to be quoted there.
    (
        "a=b c",
        OnlyTheirs,
        "white space in a value has to be quoted",
    ),
    ("a=", OnlyTheirs, "an empty value has to be quoted"),
    ("a!=", OnlyTheirs, "an empty value has to be quoted"),
    (
        "a==b",
        OnlyTheirs,
        "an operator in a value has to be quoted",
    ),
    (
        "a=b=c",
        OnlyTheirs,
        "an operator in a value has to be quoted",
    ),
    (
        "a=!b",
        OnlyTheirs,
        "an operator in a value has to be quoted",
    ),
    (
        "a=b~",
        OnlyTheirs,
        "an operator in a value has to be quoted",
    ),
    (
        "a='b'",
        OnlyTheirs,
        "a single quote in a value has to be quoted",
    ),
    (
        "a=`b`",
        OnlyTheirs,
        "a back quote in a value has to be quoted",
    ),
    ("a={b}", OnlyTheirs, "braces in a value have to be quoted"),
    ("a=b}", OnlyTheirs, "braces in a value have to be quoted"),
    (
        r"a=b\n",
        OnlyTheirs,
        "a backslash in a value has to be quoted",
    ),
    (
        r"a=~\d+",
        OnlyTheirs,
        "a backslash in a value has to be quoted",
    ),
    ("a=~b{2}", OnlyTheirs, "braces in a value have to be quoted"),
    // Nothing at all.
    ("", OnlyTheirs, "it would match every alert"),
    ("{}", OnlyTheirs, "it would match every alert"),
    // Escapes: all of Go's there, three in the old one, which keeps the backslash of every other.
    (r#"a="\t""#, ReadOtherwise, "the old grammar has no `\\t`"),
    (
        r#"a="\u00e9""#,
        ReadOtherwise,
        "the old grammar has no `\\u`",
    ),
    (
        r#"a="\xc3\xa9""#,
        ReadOtherwise,
        "the old grammar has no `\\x`",
    ),
    (
        r#"a="\101""#,
        ReadOtherwise,
        "the old grammar has no octal escapes",
    ),
    (
        r#"a=~"\d""#,
        OnlyTheirs,
        "`\\d` is written `\\\\d` inside quotes",
    ),
    (
        r#"a=~"b\.c""#,
        OnlyTheirs,
        "`\\.` is written `\\\\.` inside quotes",
    ),
    (r#"a="\q""#, OnlyTheirs, "an escape that does not exist"),
    (r#"a="\xff""#, OnlyTheirs, "no UTF-8 after its escapes"),
];
