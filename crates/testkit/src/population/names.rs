//! What are invented people called, in the script of where they come from?
//!
//! The lists are ours. Many words say so themselves: "example", "sample", "imagined", "test" in the language at hand.
//! They hold on purpose what breaks careless software: commas, apostrophes, quotes, composed and decomposed
//! diacritics, marks of direction, joiners, a name of one letter.

use serde::{Deserialize, Serialize};

/// The script in which a person's names are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Script {
    /// Latin, with diacritics.
    Latin,
    /// Arabic, right to left.
    Arabic,
    /// Ethiopic.
    Ethiopic,
    /// Burmese (Myanmar).
    Burmese,
    /// Bengali.
    Bengali,
    /// Cyrillic.
    Cyrillic,
}

impl Script {
    /// Every script, in no particular order.
    pub const ALL: [Self; 6] =
        [Self::Latin, Self::Arabic, Self::Ethiopic, Self::Burmese, Self::Bengali, Self::Cyrillic];

    /// The script's name as it stands in the truth.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Latin => "latin",
            Self::Arabic => "arabic",
            Self::Ethiopic => "ethiopic",
            Self::Burmese => "burmese",
            Self::Bengali => "bengali",
            Self::Cyrillic => "cyrillic",
        }
    }

    /// Whether a character belongs to the script's own letters.
    #[must_use]
    pub fn has(self, c: char) -> bool {
        match self {
            Self::Latin => c.is_ascii_alphabetic() || matches!(c, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}'),
            Self::Arabic => matches!(c, '\u{600}'..='\u{6ff}'),
            Self::Ethiopic => matches!(c, '\u{1200}'..='\u{137f}'),
            Self::Burmese => matches!(c, '\u{1000}'..='\u{109f}'),
            Self::Bengali => matches!(c, '\u{980}'..='\u{9ff}'),
            Self::Cyrillic => matches!(c, '\u{400}'..='\u{4ff}'),
        }
    }

    pub(super) fn names(self) -> &'static Names {
        match self {
            Self::Latin => &LATIN,
            Self::Arabic => &ARABIC,
            Self::Ethiopic => &ETHIOPIC,
            Self::Burmese => &BURMESE,
            Self::Bengali => &BENGALI,
            Self::Cyrillic => &CYRILLIC,
        }
    }
}

pub(super) struct Names {
    pub(super) female: &'static [&'static str],
    pub(super) male: &'static [&'static str],
    pub(super) family: &'static [&'static str],
}

static LATIN: Names = Names {
    female: &[
        "Nyaméla",
        "Zoë",
        "Achola Tess",
        "Iluné",
        "Ñandia",
        "Ame\u{301}lie-Vo",
        "Şıla",
        "Þórana",
        "Odùntessa",
        "Kéziana",
        "Anaïsa",
        "Ng'endira",
        "Vânthu",
        "E",
        "Ayen",
        "Q\u{307}era",
        "Sa\u{308}ana",
        "Umutessi",
    ],
    male: &[
        "Dengo",
        "Łukano",
        "O'Tienu",
        "Jokùm",
        "José-Ficto",
        "Bjørnu",
        "Ãtoké",
        "Mutessu",
        "Kwabe\u{301}",
        "Çelano",
        "Šimeo",
        "Tito \"Tall\"",
        "Gatluro",
        "Ő",
        "Bahatu",
        "Cúan",
        "N\u{303}ilo",
        "Ĝoro",
    ],
    family: &[
        "Invento, Jr.",
        "N'Testou",
        "D'Exemple",
        "Ōkoro-Sample",
        "Van der \"Proef\"",
        "Müsterwald",
        "Żywotest",
        "Nadienko",
        "Sanschose",
        "Ficta",
        "Imago-Imago",
        "Ndayitest",
        "Mbarú-Ficto",
        "Ghostwright",
        "Prøvesen",
        "Esempi\u{300}",
        "Modellë",
        "Przykład",
        "Örnekoğlu",
        "Mfano",
        "Kielelezo",
        "Tusaalev",
    ],
};

static ARABIC: Names = Names {
    female: &[
        "مثالة",
        "نورسين",
        "ليانور",
        "سلماءة",
        "رهاوية",
        "زهرونة",
        "أمانيا",
        "هالينة",
        "عيّنة",
        "تجريبة",
        "خيالة",
        "نموذجة",
        "سُهادة",
        "لُؤلُؤانة",
    ],
    male: &[
        "مثال",
        "تجريب",
        "سامرون",
        "جادنور",
        "خيالون",
        "نموذج",
        "عبد المثال",
        "بدران",
        "فارضون",
        "ياسرون",
        "كمالان",
        "أُسيدان",
        "إلياسون",
        "مُفترَض",
    ],
    family: &[
        "المثالي",
        "التجريبي",
        "الوهمي",
        "آل نموذج",
        "بن عيّنة",
        "الخياليّ",
        "الصوري",
        "\u{200f}الافتراضي",
        "المُتَخَيَّل",
        "أبو مثال",
        "المصطنع",
        "الفرضي\u{200f}",
        "ابن الحكاية",
    ],
};

static ETHIOPIC: Names = Names {
    female: &["ምሳሊት", "ሰላምታነሽ", "ብርሃንታ", "ዓለሚታ", "ትዕግስቲያ", "ሙከራነሽ", "ናሙኒት", "ጽጌያ", "ወርቂታ", "ኣበባይ", "ፍቅርታነሽ"],
    male: &["ምሳሌ", "ሙከራው", "ኢዮሳቦ", "ተስፋልዑላ", "ዘውዴነሁ", "ናሙናው", "ሐጎሳይ", "በረከታ", "ፍጹማይ", "ጌታሁና", "ኃይለምሳሌ"],
    family: &["ምናባዊ", "ናሙና", "ምሳሌው", "ሙከራዬ", "ፈጠራ", "ገብረሙከራ", "ወልደናሙና", "ተረታዊ", "ልብወለድ", "ኣብነት"],
};

static BURMESE: Names = Names {
    female: &["မနမူနာ", "ဒေါ်ဥပမာ", "သီရိပုံစံ", "ခင်စမ်းသပ်", "မသဲစမ်း", "နန်းစိတ်ကူး", "နှင်းပုံပြင်", "ချိုနမူ"],
    male: &["မောင်နမူနာ", "ကိုဥပမာ", "အောင်ပုံစံ", "စောစမ်းသပ်", "ဦးစိတ်ကူး", "ကျော်ပုံပြင်", "ထွန်းနမူ", "စိုင်းစမ်း"],
    family: &["ဥပမာ", "ပုံစံငယ်", "စိတ်ကူးယဉ်", "နမူနာစု", "စမ်းသပ်လှ", "ပုံပြင်သစ်", "ဝတ္ထုတို", "ယာယီ"],
};

static BENGALI: Names = Names {
    female: &["নমুনা", "কাল্পনিকা", "রূপকথা", "স্বপ্নিলা", "উদাহরণা", "পরখী", "ক\u{9cd}\u{200c}ষীতা", "গল্পিতা", "মায়াবিনা"],
    male: &["কল্পন", "নমুনেশ", "স্বপ্নমান", "র\u{200d}\u{9cd}যামো", "উদাহর", "পরখিৎ", "গল্পরাজ", "রূপকুমার", "মায়ানাথ"],
    family: &["কাল্পনিক", "নমুনাদার", "উদাহরণী", "পরখকার", "র\u{200d}\u{9cd}যাম্পল", "গল্পকর", "অলীক", "ছদ্মনামা"],
};

static CYRILLIC: Names = Names {
    female: &["Вигадана", "Зразкія", "Мрійка", "Оленія", "Їванка", "Ґаліна-Проба", "Єфимка", "Тестяна", "Прикладина"],
    male: &[
        "Зразко",
        "Прикладій",
        "Вигадан",
        "Тестимир",
        "Ємелько",
        "Йосипко",
        "Сергіи\u{306}ко",
        "Ілько-Проба",
        "Уявляй",
    ],
    family: &[
        "Вигаданенко",
        "Зразкович",
        "Тестуй-Поле",
        "Прикладюк",
        "Неіснуйко",
        "В’юнтест",
        "Примірний-Хто",
        "О'Вигадько",
        "Ґанокпроба",
    ],
};

/// Where a family comes from, how its names are written and what it speaks (ISO 639-3, the mother tongue first).
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) country: &'static str,
    pub(super) script: Script,
    pub(super) languages: &'static [&'static str],
    /// Families of a hundred.
    pub(super) weight: u32,
    /// Whether its people are usually nationals of no state.
    pub(super) stateless: bool,
}

const fn origin(country: &'static str, script: Script, languages: &'static [&'static str], weight: u32) -> Origin {
    Origin { country, script, languages, weight, stateless: false }
}

pub(super) static ORIGINS: [Origin; 13] = [
    origin("SSD", Script::Latin, &["nus", "din", "arb"], 16),
    origin("SSD", Script::Latin, &["din", "arb"], 6),
    origin("SOM", Script::Latin, &["som"], 12),
    origin("COD", Script::Latin, &["lin", "fra"], 8),
    origin("BDI", Script::Latin, &["run", "fra"], 5),
    origin("SDN", Script::Arabic, &["apd", "arb"], 11),
    origin("SYR", Script::Arabic, &["apc", "arb"], 5),
    origin("ETH", Script::Ethiopic, &["amh", "orm"], 9),
    origin("ERI", Script::Ethiopic, &["tir", "arb"], 6),
    origin("MMR", Script::Burmese, &["mya", "ksw"], 8),
    Origin { stateless: true, ..origin("MMR", Script::Bengali, &["rhg", "ben"], 4) },
    origin("BGD", Script::Bengali, &["ben"], 4),
    origin("UKR", Script::Cyrillic, &["ukr", "rus"], 6),
];
