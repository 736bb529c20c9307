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
    fn ends_are_always_told_and_alone_exceed_the_budget(
        limit in 0..100_u32,
        nodes in 0..60_u32,
        expenses in expenses(),
    ) {
        let mut budget = Budget::new(Some(limit));
        budget.admits(&Effect::Total(nodes));
        let (mut ends, mut others) = (0, 0);
        for expense in expenses {
            let told = budget.spend(expense);
            match expense {
                Expense::End => {
                    prop_assert!(told);
                    ends += 1;
                }
                _ if told => {
                    others += 1;
                    // What the ends need is kept for them, as far as they were announced.
                    prop_assert!(others + nodes.max(ends) <= limit);
                }
                _ => {}
            }
        }
    }

    #[test]
    fn what_says_more_is_left_out_later(
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
    fn without_a_limit_nothing_is_left_out(expenses in expenses()) {
        let mut budget = Budget::new(None);
        for expense in expenses {
            prop_assert!(budget.spend(expense));
        }
        prop_assert_eq!(budget.left_out(), None);
    }
}

#[test]
fn what_was_left_out_is_counted_by_kind() {
    let mut budget = Budget::new(Some(10));
    budget.admits(&Effect::Total(6));
    for expense in [Expense::DebugLog, Expense::InfoLog, Expense::OtherLog] {
        for _ in 0..3 {
            budget.spend(expense);
        }
    }
    let told = "left out of the report for its budget of 10 units: 1 debug log, 2 info logs, 2 warnings and errors";
    assert_eq!(budget.left_out().as_deref(), Some(told));
}

#[test]
fn nodes_that_nobody_announced_have_their_ends_kept_for_them() {
    let mut budget = Budget::new(Some(2));
    budget.begun = 2;
    assert!(!budget.spend(Expense::OtherLog));
    assert!(budget.spend(Expense::End));
}
