//! Reading one node: scalars, lists and mappings.

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_yaml::Value;

use super::Reading;
use super::error::Error;
use super::variant::Variant;
use crate::config::Fault;
use crate::config::nearest::meant;
use crate::config::tree::{Entry, Node, Shape};

/// A node being read.
#[derive(Clone, Copy)]
pub(super) struct At<'n, 'r> {
    pub(super) node: &'n Node,
    pub(super) reading: &'r Reading<'r>,
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
