package kubectl

import (
	"strings"
	"unicode"
)

// wrap breaks lines at blanks so that none is longer than limit, if words allow it; line breaks and runs of blanks inside
// lines stay (github.com/mitchellh/go-wordwrap, which kubectl uses).
func wrap(limit int, text string) string {
	var out strings.Builder
	var word, blank []rune
	column := 0
	flush := func() {
		column += len(blank) + len(word)
		out.WriteString(string(blank) + string(word))
		word, blank = nil, nil
	}
	for _, r := range text {
		switch {
		case r == '\n':
			if len(word) == 0 && column+len(blank) > limit {
				blank = nil
			}
			flush()
			out.WriteByte('\n')
			column = 0
		case unicode.IsSpace(r) && r != '\u00a0':
			if len(blank) == 0 || len(word) > 0 {
				flush()
			}
			blank = append(blank, r)
		default:
			word = append(word, r)
			if column+len(blank)+len(word) > limit && len(word) < limit {
				out.WriteByte('\n')
				column, blank = 0, nil
			}
		}
	}
	if len(word) > 0 || column+len(blank) <= limit {
		flush()
	}
	return out.String()
}

// indent moves every line to the right, empty ones too.
func indent(n int, text string) string {
	margin := strings.Repeat(" ", n)
	return margin + strings.ReplaceAll(text, "\n", "\n"+margin)
}
