package value

import (
	"cmp"
	"math"
	"strconv"
	"strings"
)

// maxInt64Digits is the number of digits of the largest int64.
const maxInt64Digits = 19

// decimal is the exact value of a number literal in a form that is the same
// for all literals of one value: 0.digits × 10^exp, where digits neither begin
// nor end with a zero. Zero has no digits, no exponent and no sign.
//
// An exponent that does not fit in an int64 is kept at the limit; literals
// that far out are the only ones that decimal may conflate.
type decimal struct {
	negative bool
	digits   string
	exp      int64
}

// decimal returns the decimal of a number, and zero of any other value.
func (v Value) decimal() decimal {
	if v.kind != Number {
		return decimal{}
	}
	return decimalOf(v.text)
}

// decimalOf returns the decimal of a valid JSON number literal.
func decimalOf(text string) decimal {
	var d decimal
	if text[0] == '-' {
		d.negative = true
		text = text[1:]
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		// An error here is one of range, where the result is the limit.
		d.exp, _ = strconv.ParseInt(text[i+1:], 10, 64)
		text = text[:i]
	}
	whole, fraction, _ := strings.Cut(text, ".")
	d.digits = whole
	if fraction != "" {
		d.digits = whole + fraction
	}
	point := len(whole)
	trimmed := strings.TrimLeft(d.digits, "0")
	point -= len(d.digits) - len(trimmed)
	d.digits = strings.TrimRight(trimmed, "0")
	if d.digits == "" {
		return decimal{}
	}
	d.exp = addSaturated(d.exp, int64(point))
	return d
}

// CompareNumbers returns -1, 0 or 1 as the number a is less than, equal to or
// greater than b in exact decimal value, so 0 just where [Equal] holds. What
// is no number counts as 0.
func CompareNumbers(a, b Value) int {
	return a.decimal().compare(b.decimal())
}

// compare orders decimals by value.
func (d decimal) compare(e decimal) int {
	if c := cmp.Compare(d.sign(), e.sign()); c != 0 || d.sign() == 0 {
		return c
	}
	// Without leading zeros the larger exponent is the larger size, and with
	// equal exponents digits order as text does.
	c := cmp.Compare(d.exp, e.exp)
	if c == 0 {
		c = strings.Compare(d.digits, e.digits)
	}
	return c * d.sign()
}

// sign returns -1, 0 or 1.
func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.negative:
		return -1
	}
	return 1
}

// addSaturated returns a+b, or the limit that it would pass.
func addSaturated(a, b int64) int64 {
	switch {
	case b > 0 && a > math.MaxInt64-b:
		return math.MaxInt64
	case b < 0 && a < math.MinInt64-b:
		return math.MinInt64
	}
	return a + b
}

// integer returns the plain digits of an integral decimal of at most
// maxDigits digits, with its sign.
func (d decimal) integer(maxDigits int64) (string, bool) {
	if d.digits == "" {
		return "0", true
	}
	if d.exp < int64(len(d.digits)) || d.exp > maxDigits {
		return "", false
	}
	text := d.digits + strings.Repeat("0", int(d.exp)-len(d.digits))
	if d.negative {
		text = "-" + text
	}
	return text, true
}

// floatText writes a finite f as Java's Double.toString does, with the
// shortest digits that read back as f.
func floatText(f float64) string {
	if f == 0 {
		return "0.0"
	}
	if size := math.Abs(f); size >= 1e-3 && size < 1e7 {
		text := strconv.FormatFloat(f, 'f', -1, 64)
		if !strings.Contains(text, ".") {
			text += ".0"
		}
		return text
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	sign := ""
	if exponent[0] == '-' {
		sign = "-"
	}
	return mantissa + "E" + sign + strings.TrimLeft(exponent, "+-0")
}
