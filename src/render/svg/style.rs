//! How pictures look: one style sheet for all, in the light, in the dark and on paper.
//!
//! Classes only, no variables: some readers of SVG know none. The palette is that of Okabe and Ito, which the
//! colour-blind can tell apart; fills carry black text, so that they are the same in the dark.

/// Sizes of text in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// The title.
    Title,
    /// A heading within.
    Head,
    /// Words and numbers.
    Text,
    /// What is said beside.
    Quiet,
    /// On a filled area.
    On,
}

impl Face {
    /// Pixels from baseline to baseline, about.
    pub fn size(self) -> f64 {
        match self {
            Self::Title => 18.0,
            Self::Head => 13.0,
            Self::Text | Self::On => 11.0,
            Self::Quiet => 10.5,
        }
    }

    /// The class.
    pub fn class(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Head => "head",
            Self::Text => "text",
            Self::Quiet => "quiet",
            Self::On => "on",
        }
    }

    /// More than the words take up in any usual sans-serif: the widths are those of `DejaVu Sans`, a wide one.
    pub fn width(self, words: &str) -> f64 {
        let bold = matches!(self, Self::Title | Self::Head);
        let em: f64 = words.chars().map(em).sum();
        em * self.size() * if bold { 1.12 } else { 1.0 }
    }
}

fn em(c: char) -> f64 {
    match c {
        ' ' | ',' | '.' | 'i' | 'j' | 'l' | '|' | '\'' => 0.32,
        '(' | ')' | '-' | '/' | ':' | ';' | 'f' | 'r' | 't' | '[' | ']' => 0.42,
        'm' | 'M' | 'W' | '%' | '@' => 1.0,
        '+' | '=' | '<' | '>' | '#' | '&' | '~' | 'w' | 'A'..='Z' => 0.84,
        _ if c.is_ascii() => 0.64,
        _ => 1.1,
    }
}

/// The style sheet.
pub const SHEET: &str = "\
text{font-family:'Helvetica Neue',Arial,'Liberation Sans','DejaVu Sans',sans-serif;fill:#1b1b1b}
.title{font-size:18px;font-weight:bold}
.head{font-size:13px;font-weight:bold}
.text{font-size:11px}
.text,.head{paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round}
.quiet{font-size:10.5px;fill:#555}
.on{font-size:11px;fill:#111}
.ground{fill:#fff}
.grid{stroke:#e2e2e2;stroke-width:1;fill:none}
.axis{stroke:#555;stroke-width:1;fill:none}
.edge{stroke:#333;stroke-width:1;fill:none}
.leader{stroke:#777;stroke-width:0.8;fill:none}
.dash{stroke:#333;stroke-width:1.4;stroke-dasharray:2 3;fill:none}
.front{stroke:#777;stroke-width:1.4;stroke-dasharray:6 3;fill:none}
.green{fill:#009e73}.sky{fill:#56b4e9}.orange{fill:#e69f00}
.red{fill:#d55e00}.pink{fill:#cc79a7}.yellow{fill:#f0e442}.grey{fill:#bdbdbd}
.one{fill:#d55e00}.two{fill:#0072b2}.three{fill:#009e73}
.one-line{stroke:#d55e00;fill:none}.two-line{stroke:#0072b2;fill:none}.three-line{stroke:#009e73;fill:none}
.thick{stroke-width:2.6}.thin{stroke-width:1.1}
.ring{fill:#fff;stroke:#1b1b1b;stroke-width:1.6}
.wrong{fill:#1b1b1b;stroke:#fff;stroke-width:1}
.faint{opacity:.45}
.ink{stroke:#111;stroke-opacity:.55;stroke-width:1.1;fill:none}
@media screen and (prefers-color-scheme: dark){
text{fill:#ececec}
.quiet{fill:#b5b5b5}
.on{fill:#111}
.text,.head{stroke:#15181c}
.ground{fill:#15181c}
.grid{stroke:#30353b}
.axis,.edge{stroke:#b0b0b0}
.leader,.front{stroke:#8d8d8d}
.dash{stroke:#dcdcdc}
.one{fill:#e69f00}.two{fill:#56b4e9}.three{fill:#1fc297}
.one-line{stroke:#e69f00}.two-line{stroke:#56b4e9}.three-line{stroke:#1fc297}
.ring{fill:#15181c;stroke:#ececec}
.wrong{fill:#ececec;stroke:#15181c}
}
";

/// What lies over a colour, so that it is not the colour alone that tells.
pub const PATTERNS: &str = "\
<pattern id=\"zbay-hatch\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
<path class=\"ink\" d=\"M0 0V7\"/></pattern>
<pattern id=\"zbay-back\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(-45)\">\
<path class=\"ink\" d=\"M0 0V7\"/></pattern>
<pattern id=\"zbay-cross\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">\
<path class=\"ink\" d=\"M0 4H8M4 0V8\"/></pattern>
<pattern id=\"zbay-dots\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">\
<path class=\"ink\" d=\"M2 3H4\"/></pattern>
<pattern id=\"zbay-bars\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">\
<path class=\"ink\" d=\"M0 2H5\"/></pattern>
";

/// A colour and what lies over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// A class of the sheet.
    pub colour: &'static str,
    /// The end of a pattern's id.
    pub pattern: Option<&'static str>,
}

/// Without a pattern.
pub const fn solid(colour: &'static str) -> Fill {
    Fill { colour, pattern: None }
}

/// With one.
pub const fn under(colour: &'static str, pattern: &'static str) -> Fill {
    Fill { colour, pattern: Some(pattern) }
}
