//! Reading one of several: a name, or a mapping of one key.

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, VariantAccess, Visitor};
use serde_yaml::Value;

use super::error::Error;
use super::node::At;
use crate::config::tree::{Node, Shape};

pub(super) struct Variant<'n, 'r> {
    pub(super) name: &'n str,
    pub(super) at: &'n Node,
    pub(super) content: Option<At<'n, 'r>>,
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

pub(super) struct Content<'n, 'r> {
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
