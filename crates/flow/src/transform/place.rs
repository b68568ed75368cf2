//! How is a place code cut to an administrative level?

use causeway_model::{Code, ValueType, Violation};

use super::chain::Site;
use super::column::Step;

/// Cuts to `level`. A code that is coarser already stays; one whose length is none of the levels' refuses, because
/// nothing is known of what its characters mean.
pub(super) fn cut(level: u8, site: &Site<'_>) -> Result<Step, Violation> {
    let ValueType::Place(levels) = site.input else { return Err(site.takes("place")) };
    let Some(length) = levels.get(usize::from(level)).copied() else {
        let last = levels.len().saturating_sub(1);
        return Err(
            site.wrong(Code::TransformType, format_args!("`{}` has the levels 0 to {last}, not {level}", site.input))
        );
    };
    let lengths: Vec<usize> = levels.iter().map(|length| usize::from(*length)).collect();
    let kept: Vec<u8> = levels.iter().copied().take(usize::from(level) + 1).collect();
    Ok(Step::partial(ValueType::Place(kept), move |input, rows| {
        rows.texts(input, |code| {
            if !lengths.contains(&code.chars().count()) {
                return Err(Code::TransformRefused);
            }
            Ok(Some(code.chars().take(usize::from(length)).collect::<String>()))
        })
    }))
}
