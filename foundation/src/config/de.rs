//! The deserializer over positioned nodes, which goes on after an error to find the others.
//!
//! Serde ends at the first error. So the node that failed is set aside and the whole is read again, until nothing
//! fails or the root itself does. A field that is missing only because it was set aside is not reported.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_yaml::Value;

use super::Fault;
use super::nearest::nearest;
use super::tree::{Entry, Node, Position, Shape};

/// Reads the tree into a type, or finds everything that is wrong with it.
pub(super) fn read<T: DeserializeOwned>(root: &Node) -> Result<T, Vec<Fault>> {
    let mut faults: Vec<Fault> = Vec::new();
    let mut aside = HashSet::new();
    loop {
        let reading = Reading {
            aside: &aside,
            unknown: RefCell::default(),
        };
        let result = T::deserialize(At {
            node: root,
            reading: &reading,
        });
        let unknown = reading.unknown.into_inner();
        faults.extend(unknown);
        let error = match result {
            Ok(value) if faults.is_empty() => return Ok(value),
            Ok(_) => return Err(faults),
            Err(error) => error,
        };
        let (node, at) = error.place.unwrap_or((root.id, root.at));
        let follows = error.is_echo
            || error
                .missing
                .is_some_and(|field| aside_in(root, node, field, &aside));
        if !follows {
            faults.push(Fault {
                at,
                message: error.message,
                hint: error.hint,
            });
        }
        if node == root.id || !aside.insert(node) {
            return Err(faults);
        }
    }
}

/// Whether `field` of the mapping `id` was set aside, or an unknown key is likely to be meant for it.
fn aside_in(node: &Node, id: usize, field: &str, aside: &HashSet<usize>) -> bool {
    match &node.shape {
        Shape::Map(entries) if node.id == id => entries.iter().any(|entry| {
            (entry.key == field && aside.contains(&entry.node.id))
                || (entry.key != field && nearest(&entry.key, [field]).is_some())
        }),
        Shape::Map(entries) => entries
            .iter()
            .any(|entry| aside_in(&entry.node, id, field, aside)),
        Shape::List(items) => items.iter().any(|item| aside_in(item, id, field, aside)),
        Shape::Scalar(_) => false,
    }
}

/// State of one pass.
struct Reading<'a> {
    aside: &'a HashSet<usize>,
    unknown: RefCell<Vec<Fault>>,
}

/// An error that learns its place on the way out.
#[derive(Debug)]
struct Error {
    message: String,
    hint: Option<String>,
    missing: Option<&'static str>,
    /// The content was set aside, which has been reported.
    is_echo: bool,
    place: Option<(usize, Position)>,
}

impl Error {
    fn new(message: String, hint: Option<String>) -> Self {
        Self {
            message,
            hint,
            missing: None,
            is_echo: false,
            place: None,
        }
    }

    /// The innermost node wins.
    fn at(mut self, node: &Node) -> Self {
        self.place.get_or_insert((node.id, node.at));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    /// A second line is the hint.
    fn custom<T: fmt::Display>(message: T) -> Self {
        let text = message.to_string();
        match text.split_once('\n') {
            Some((message, hint)) => Self::new(message.to_owned(), Some(hint.to_owned())),
            None => Self::new(text, None),
        }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let hint = match found {
            Unexpected::Unit => Some("give it a value, or remove the key".to_owned()),
            Unexpected::Bool(_)
            | Unexpected::Unsigned(_)
            | Unexpected::Signed(_)
            | Unexpected::Float(_)
                if expected.to_string().contains("string") =>
            {
                Some("put it in quotes".to_owned())
            }
            _ => None,
        };
        let found = match found {
            Unexpected::Unit => "nothing".to_owned(),
            Unexpected::Seq => "a list".to_owned(),
            Unexpected::Map => "a mapping".to_owned(),
            Unexpected::Str(text) => format!("the text `{text}`"),
            Unexpected::Bool(value) => format!("`{value}`"),
            Unexpected::Unsigned(number) => format!("the number `{number}`"),
            Unexpected::Signed(number) => format!("the number `{number}`"),
            Unexpected::Float(number) => format!("the number `{number}`"),
            other => other.to_string(),
        };
        Self::new(format!("expected {expected}, found {found}"), hint)
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(
            format!("unknown value `{variant}`"),
            meant(variant, expected),
        )
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("unknown key `{field}`"), meant(field, expected))
    }

    fn missing_field(field: &'static str) -> Self {
        Self {
            missing: Some(field),
            ..Self::new(
                format!("missing key `{field}`"),
                Some(format!("add `{field}: …` here")),
            )
        }
    }
}

/// The hint for a word outside a closed list.
fn meant(word: &str, known: &[&str]) -> Option<String> {
    if let Some(near) = nearest(word, known.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let known: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
    (!known.is_empty()).then(|| format!("known here: {}", known.join(", ")))
}

/// A node being read.
#[derive(Clone, Copy)]
struct At<'n, 'r> {
    node: &'n Node,
    reading: &'r Reading<'r>,
}

impl<'n, 'r> At<'n, 'r> {
    fn items(self, items: &'n [Node]) -> Items<'n, 'r> {
        Items {
            items: items.iter(),
            reading: self.reading,
        }
    }

    fn entries(
        self,
        entries: &'n [Entry],
        known: Option<&'static [&'static str]>,
    ) -> Entries<'n, 'r> {
        Entries {
            rest: entries.iter(),
            value: None,
            known,
            reading: self.reading,
        }
    }

    fn visit<'de, V: Visitor<'de>>(
        self,
        visitor: V,
        known: Option<&'static [&'static str]>,
    ) -> Result<V::Value, Error> {
        match &self.node.shape {
            Shape::Scalar(Value::Bool(value)) => visitor.visit_bool(*value),
            Shape::Scalar(Value::Number(number)) => {
                if let Some(number) = number.as_u64() {
                    visitor.visit_u64(number)
                } else if let Some(number) = number.as_i64() {
                    visitor.visit_i64(number)
                } else {
                    visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN))
                }
            }
            Shape::Scalar(Value::String(text)) => visitor.visit_str(text),
            Shape::Scalar(_) => visitor.visit_unit(),
            Shape::List(items) => visitor.visit_seq(self.items(items)),
            Shape::Map(entries) => visitor.visit_map(self.entries(entries, known)),
        }
        .map_err(|error| error.at(self.node))
    }
}

impl<'de> Deserializer<'de> for At<'_, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit(visitor, None)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        // A struct is written as a mapping, never as a list of its values.
        if matches!(self.node.shape, Shape::List(_)) {
            return Err(Error::invalid_type(Unexpected::Seq, &"a mapping").at(self.node));
        }
        if matches!(self.node.shape, Shape::Scalar(Value::Null)) {
            return Err(Error::invalid_type(Unexpected::Unit, &"a mapping").at(self.node));
        }
        if let Shape::Scalar(Value::String(text)) = &self.node.shape {
            return Err(Error::invalid_type(Unexpected::Str(text), &"a mapping").at(self.node));
        }
        self.visit(visitor, Some(fields))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.node.shape {
            Shape::Scalar(Value::Null) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
        .map_err(|error| error.at(self.node))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor
            .visit_newtype_struct(self)
            .map_err(|error| error.at(self.node))
    }

    /// A unit variant is its name; any other a mapping of one key, its name.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let variant = match &self.node.shape {
            Shape::Scalar(Value::String(name)) => Variant {
                name,
                at: self.node,
                content: None,
            },
            Shape::Map(entries) => match entries.as_slice() {
                [entry] if self.reading.aside.contains(&entry.node.id) => {
                    return Err(Error {
                        is_echo: true,
                        ..Error::new(String::new(), None).at(self.node)
                    });
                }
                [entry] => Variant {
                    name: &entry.key,
                    at: self.node,
                    content: Some(At {
                        node: &entry.node,
                        reading: self.reading,
                    }),
                },
                _ => {
                    return Err(Error::new(
                        "expected exactly one key".to_owned(),
                        meant("", variants),
                    )
                    .at(self.node));
                }
            },
            _ => {
                return Err(
                    Error::new("expected a name".to_owned(), meant("", variants)).at(self.node),
                );
            }
        };
        visitor
            .visit_enum(variant)
            .map_err(|error| error.at(self.node))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map identifier
    }
}

struct Items<'n, 'r> {
    items: std::slice::Iter<'n, Node>,
    reading: &'r Reading<'r>,
}

impl<'de> SeqAccess<'de> for Items<'_, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let reading = self.reading;
        self.items
            .find(|item| !reading.aside.contains(&item.id))
            .map(|node| {
                seed.deserialize(At { node, reading })
                    .map_err(|error| error.at(node))
            })
            .transpose()
    }
}

struct Entries<'n, 'r> {
    rest: std::slice::Iter<'n, Entry>,
    value: Option<&'n Node>,
    known: Option<&'static [&'static str]>,
    reading: &'r Reading<'r>,
}

impl<'de> MapAccess<'de> for Entries<'_, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        for entry in self.rest.by_ref() {
            if self.reading.aside.contains(&entry.node.id) {
                continue;
            }
            if let Some(known) = self.known
                && !known.contains(&entry.key.as_str())
            {
                self.reading.unknown.borrow_mut().push(Fault {
                    at: entry.key_at,
                    message: format!("unknown key `{}`", entry.key),
                    hint: meant(&entry.key, known),
                });
                continue;
            }
            self.value = Some(&entry.node);
            let key = StrDeserializer::<Error>::new(&entry.key);
            return seed.deserialize(key).map(Some).map_err(|mut error| {
                error.place.get_or_insert((entry.node.id, entry.key_at));
                error
            });
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let node = self
            .value
            .take()
            .ok_or_else(|| Error::custom("a value was asked for before its key"))?;
        seed.deserialize(At {
            node,
            reading: self.reading,
        })
        .map_err(|error| error.at(node))
    }
}

struct Variant<'n, 'r> {
    name: &'n str,
    at: &'n Node,
    content: Option<At<'n, 'r>>,
}

impl<'de, 'n, 'r> EnumAccess<'de> for Variant<'n, 'r> {
    type Error = Error;
    type Variant = Content<'n, 'r>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Content<'n, 'r>), Error> {
        let content = Content {
            name: self.name,
            settings: self.content,
        };
        seed.deserialize(StrDeserializer::<Error>::new(self.name))
            .map(|name| (name, content))
            .map_err(|error| error.at(self.at))
    }
}

struct Content<'n, 'r> {
    name: &'n str,
    settings: Option<At<'n, 'r>>,
}

impl<'n, 'r> Content<'n, 'r> {
    fn required(self) -> Result<At<'n, 'r>, Error> {
        let name = self.name;
        self.settings.ok_or_else(|| {
            Error::new(
                format!("`{name}` needs settings"),
                Some(format!("write `{name}: …`")),
            )
        })
    }
}

impl<'de> VariantAccess<'de> for Content<'_, '_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.settings {
            Some(At { node, .. }) if !matches!(node.shape, Shape::Scalar(Value::Null)) => {
                Err(Error::new(format!("`{}` has no settings", self.name), None).at(node))
            }
            _ => Ok(()),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.required()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Error> {
        self.required()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.required()?.deserialize_struct("", fields, visitor)
    }
}
