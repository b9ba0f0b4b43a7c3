package expr

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"strconv"

	"minuet/orchestrator/value"
)

// maxEncoded is the length of the longest text that is encoded, decoded or hashed, in characters.
const maxEncoded = 10_000

var encodeFunctions = map[string]intrinsic{
	"States.Base64Encode": {1, 1, base64Encode},
	"States.Base64Decode": {1, 1, base64Decode},
	"States.Hash":         {2, 2, hash},
}

func encodable(args []value.Value) (string, error) {
	text, err := stringArg(args, 0)
	if err == nil && len(text) > maxEncoded {
		err = reason("The text must not be longer than " + strconv.Itoa(maxEncoded) + " characters")
	}
	return text, err
}

func base64Encode(_ *Env, args []value.Value) (value.Value, error) {
	text, err := encodable(args)
	return value.OfString(base64.StdEncoding.EncodeToString([]byte(text))), err
}

func base64Decode(_ *Env, args []value.Value) (value.Value, error) {
	text, err := encodable(args)
	if err != nil {
		return value.Value{}, err
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return value.Value{}, reason("The text is not valid Base64")
	}
	return value.OfString(string(data)), nil
}

func hash(_ *Env, args []value.Value) (value.Value, error) {
	if args[0].Kind() != value.String {
		args = []value.Value{value.OfString(args[0].JSON()), args[1]}
	}
	text, err := encodable(args)
	if err != nil {
		return value.Value{}, err
	}
	algorithm, err := stringArg(args, 1)
	if err != nil {
		return value.Value{}, err
	}
	data := []byte(text)
	var sum []byte
	switch algorithm {
	case "MD5":
		s := md5.Sum(data)
		sum = s[:]
	case "SHA-1":
		s := sha1.Sum(data)
		sum = s[:]
	case "SHA-256":
		s := sha256.Sum256(data)
		sum = s[:]
	case "SHA-384":
		s := sha512.Sum384(data)
		sum = s[:]
	case "SHA-512":
		s := sha512.Sum512(data)
		sum = s[:]
	default:
		return value.Value{}, reason("The algorithm must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512, but was " + algorithm)
	}
	return value.OfString(hex.EncodeToString(sum)), nil
}
