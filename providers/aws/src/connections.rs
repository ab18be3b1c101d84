//! How many connections one database instance takes at most.

use crate::instance_class::memory;

/// Which part of a parameter group says it.
pub(crate) const PARAMETER: &str = "max_connections";

/// What the engine's default parameter group allows on `class`; `None` if either is not known.
///
/// Source: "Quotas and constraints" in the RDS user guide, "Maximum connections" in the
/// Aurora one. The formulas rest on `DBInstanceClassMemory`, which is the class's memory
/// less what the system and RDS keep; how much that is, is not published, so with the
/// class's whole memory the answer is an upper bound, a few percent high.
pub(crate) fn by_default(engine: &str, class: &str) -> Option<u32> {
    if engine == "aurora-mysql" || engine == "aurora" {
        return aurora_mysql(class);
    }
    let bytes = memory(class)?;
    let connections = match engine {
        "mysql" => bytes / 12_582_880,
        "mariadb" => (bytes / 25_165_760).min(12_000),
        "postgres" | "aurora-postgresql" => (bytes / 9_531_392).min(5_000),
        _ => return None,
    };
    u32::try_from(connections).ok()
}

/// Published as a table, not only as a formula.
fn aurora_mysql(class: &str) -> Option<u32> {
    const GIB: u64 = 1 << 30;
    let bytes = memory(class)?;
    if class.starts_with("db.t") {
        return [(2, 45), (4, 90), (8, 135)]
            .into_iter()
            .find_map(|(gib, connections)| (bytes == gib * GIB).then_some(connections));
    }
    // log2(DBInstanceClassMemory / 8187281408) * 1000, which the table rounds to thousands.
    let thousands = (bytes as f64 / 8_187_281_408.0).log2().round();
    class.starts_with("db.r").then_some(1000 * thousands as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(engine: &str, class: &str, expected: Option<u32>) {
        assert_eq!(by_default(engine, class), expected, "{engine} on {class}");
    }

    #[test]
    fn it_follows_the_documented_formulas() {
        check("mysql", "db.m6g.large", Some(682));
        check("mariadb", "db.m6g.large", Some(341));
        check("postgres", "db.m6g.large", Some(901));
        check("postgres", "db.r6g.16xlarge", Some(5000));
        check("aurora-postgresql", "db.t4g.medium", Some(450));
    }

    #[test]
    fn it_follows_the_documented_table_of_aurora_mysql() {
        check("aurora-mysql", "db.t3.small", Some(45));
        check("aurora-mysql", "db.t3.large", Some(135));
        check("aurora-mysql", "db.r5.large", Some(1000));
        check("aurora-mysql", "db.r5.8xlarge", Some(5000));
        check("aurora-mysql", "db.r5.12xlarge", Some(6000));
        check("aurora-mysql", "db.r5.16xlarge", Some(6000));
        check("aurora-mysql", "db.r5.24xlarge", Some(7000));
    }

    #[test]
    fn it_never_guesses() {
        check("oracle-ee", "db.m6g.large", None);
        check("postgres", "db.serverless", None);
        check("aurora-mysql", "db.t3.micro", None);
        check("aurora-mysql", "db.m6g.xlarge", None);
    }
}
