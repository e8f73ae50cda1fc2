package validation

// Names that are valid at first sight are spared the regular expressions, which cost more than the write they guard.
// Whatever is not plain goes to apimachinery's checks, whose words errors are made of.

// plainLabel: an RFC 1123 label for sure.
func plainLabel(s string) bool {
	if len(s) == 0 || len(s) > 63 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' && i > 0 && i < len(s)-1) {
			return false
		}
	}
	return true
}

// plainSubdomain: an RFC 1123 subdomain for sure.
func plainSubdomain(s string) bool {
	if len(s) == 0 || len(s) > 253 {
		return false
	}
	edge := true // the character before ended a label, or there was none
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			edge = false
		case c == '-' && !edge && i < len(s)-1 && s[i+1] != '.':
		case c == '.' && !edge && i < len(s)-1:
			edge = true
		default:
			return false
		}
	}
	return !edge
}
