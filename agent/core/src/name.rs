//! Names, one type each, so that none can stand in for another.

use serde::{Deserialize, Serialize};
use std::{borrow::Borrow, fmt, sync::Arc};

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes any text: what may be in a name is settled where it is read.
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(Arc::from(text.as_ref()))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    )*};
}

names! {
    /// A target, as named in the configuration: "game-servers".
    TargetName;
    /// One policy at work: a script bound to inputs, targets and parameters: "game-cpu".
    PolicyName;
    /// A rule within a policy: "scale out".
    RuleName;
    /// One input of one policy, `policy/input`: "game-cpu/cpu". Windows are kept by it.
    InputKey;
    /// A rule's hold timer, `policy/rule#hash-of-its-text`.
    HoldKey;
    /// One intended action, `region/target/epoch/seq`. Never used twice.
    IntentId;
}

impl InputKey {
    /// The key of `input` in `policy`.
    pub fn of(policy: &PolicyName, input: &str) -> Self {
        Self::new(format!("{policy}/{input}"))
    }

    /// The key of what tells how many sessions each member of `target` has. No policy can
    /// be called so.
    pub fn sessions_of(target: &TargetName) -> Self {
        Self::new(format!("group:{target}/sessions"))
    }

    /// The policy's name, without the input's.
    pub fn policy(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(policy, _)| policy)
    }

    /// The input's own name, without the policy's.
    pub fn input(&self) -> &str {
        self.0.rsplit_once('/').map_or(&*self.0, |(_, input)| input)
    }
}
