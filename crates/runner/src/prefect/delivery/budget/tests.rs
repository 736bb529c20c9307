use proptest::prelude::*;

use super::*;

fn expenses() -> impl Strategy<Value = Vec<Expense>> {
    proptest::collection::vec(
        (0..Expense::ALL.len()).prop_map(|index| Expense::ALL[index]),
        0..200,
    )
}

proptest! {
    #[test]
    fn only_ends_of_nodes_exceed_the_budget(
        limit in 0..100_u32,
        nodes in 0..60_u32,
        expenses in expenses(),
    ) {
        let mut budget = Budget::new(Some(limit));
        budget.admits(&Effect::Total(nodes));
        let (mut ends, mut others) = (0, 0);
        for expense in expenses {
            let sent = budget.spend(expense);
            match expense {
                Expense::End => {
                    prop_assert!(sent);
                    ends += 1;
                }
                _ if sent => {
                    others += 1;
                    // Units are reserved for the ends of announced nodes.
                    prop_assert!(others + nodes.max(ends) <= limit);
                }
                _ => {}
            }
        }
    }

    #[test]
    fn less_important_kinds_are_omitted_first(
        limit in 0..100_u32,
        nodes in 0..60_u32,
        expenses in expenses(),
    ) {
        let mut budget = Budget::new(Some(limit));
        budget.admits(&Effect::Total(nodes));
        for expense in expenses {
            let afforded = Expense::ALL.map(|expense| budget.affords(expense));
            prop_assert!(afforded.is_sorted(), "{:?}", afforded);
            budget.spend(expense);
        }
    }

    #[test]
    fn without_a_limit_nothing_is_omitted(expenses in expenses()) {
        let mut budget = Budget::new(None);
        for expense in expenses {
            prop_assert!(budget.spend(expense));
        }
        prop_assert_eq!(budget.omitted(), None);
    }
}

#[test]
fn omitted_units_are_counted_by_kind() {
    let mut budget = Budget::new(Some(10));
    budget.admits(&Effect::Total(6));
    for expense in [Expense::DebugLog, Expense::InfoLog, Expense::OtherLog] {
        for _ in 0..3 {
            budget.spend(expense);
        }
    }
    let expected =
        "not sent, because the budget is 10 units: 1 debug log, 2 info logs, 2 warnings and errors";
    assert_eq!(budget.omitted().as_deref(), Some(expected));
}

#[test]
fn units_are_reserved_for_the_ends_of_unannounced_nodes() {
    let mut budget = Budget::new(Some(2));
    for id in 0..2 {
        let task =
            crate::prefect::delivery::tests::support::Run::new().task(&id.to_string(), 0, &[]);
        budget.admits(&Effect::NodeRunning(task));
    }
    assert!(!budget.spend(Expense::OtherLog));
    assert!(budget.spend(Expense::End));
}
