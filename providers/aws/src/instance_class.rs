//! How much memory a database instance class has.

/// The memory of a class such as "db.r6g.2xlarge" in bytes; `None` for one not known.
///
/// Source: "DB instance classes" in the RDS and Aurora user guides. From the fifth
/// generation on, memory grows in step with the vCPUs: 4 GiB each in general purpose
/// families (m), 8 in memory optimised ones (r), 16 in x2g. Burstable classes (t) have
/// a list of their own. Variants with extra memory have more parts to their names and
/// are not known.
pub(crate) fn memory(class: &str) -> Option<u64> {
    const GIB: u64 = 1 << 30;
    let (family, size) = class.strip_prefix("db.")?.split_once('.')?;
    let gib = match family {
        "t2" | "t3" | "t4g" => burstable(size)?,
        "m5" | "m5d" | "m6g" | "m6gd" | "m6i" | "m6id" | "m6in" | "m6idn" | "m7g" | "m7gd"
        | "m7i" | "m8g" | "m8gd" => 4 * vcpus(size)?,
        "r5" | "r5b" | "r5d" | "r6g" | "r6gd" | "r6i" | "r6id" | "r6in" | "r6idn" | "r7g"
        | "r7gd" | "r7i" | "r8g" | "r8gd" => 8 * vcpus(size)?,
        "x2g" => 16 * vcpus(size)?,
        _ => return None,
    };
    Some(gib * GIB)
}

fn burstable(size: &str) -> Option<u64> {
    Some(match size {
        "micro" => 1,
        "small" => 2,
        "medium" => 4,
        "large" => 8,
        "xlarge" => 16,
        "2xlarge" => 32,
        _ => return None,
    })
}

fn vcpus(size: &str) -> Option<u64> {
    match size {
        "large" => Some(2),
        "xlarge" => Some(4),
        _ => {
            let times: u64 = size.strip_suffix("xlarge")?.parse().ok()?;
            (2..=48).contains(&times).then_some(4 * times)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(class: &str, gib: Option<u64>) {
        assert_eq!(memory(class), gib.map(|gib| gib << 30), "{class}");
    }

    #[test]
    fn it_knows_the_documented_classes() {
        check("db.t3.micro", Some(1));
        check("db.t4g.medium", Some(4));
        check("db.m5.large", Some(8));
        check("db.m7g.4xlarge", Some(64));
        check("db.r5.large", Some(16));
        check("db.r6g.2xlarge", Some(64));
        check("db.r7i.24xlarge", Some(768));
        check("db.r8g.48xlarge", Some(1536));
        check("db.x2g.16xlarge", Some(1024));
    }

    #[test]
    fn it_never_guesses() {
        for class in [
            "",
            "db.serverless",
            "m5.large",
            "db.m5",
            "db.m5.huge",
            "db.m5.0xlarge",
            "db.m5.99xlarge",
            "db.z9.large",
            "db.r5.12xlarge.tpc2.mem3x",
        ] {
            check(class, None);
        }
    }
}
