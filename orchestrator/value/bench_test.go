package value

import "testing"

// document is an order of about 1 KB, the size of a usual state input.
const document = `{
  "orderId": "ord-2041-77a", "placedAt": "2031-05-17T09:12:44Z", "priority": false, "total": 184.50,
  "customer": {
    "id": 918273645, "name": "Zoë Ferrand", "email": "zoe@shop.example", "tags": ["retail", "returning", "eu"],
    "address": {"street": "12 Quay Lane", "city": "Brest", "postcode": "29200", "country": "FR", "geo": {"lat": 48.3904, "lon": -4.4861}}
  },
  "items": [
    {"sku": "LMP-01", "title": "Lamp \"Nord\", 40 cm", "quantity": 2, "price": 39.90, "gift": false, "note": null},
    {"sku": "RUG-17", "title": "Rug, wool, 120×180", "quantity": 1, "price": 89.00, "gift": true, "note": "leave at the door\nring twice"},
    {"sku": "CUP-55", "title": "Cup set", "quantity": 3, "price": 5.90, "gift": false, "note": null}
  ],
  "shipping": {"method": "standard", "cost": 4.90, "attempts": [], "window": {"from": 8, "until": 18}},
  "payment": {"kind": "card", "last4": "4242", "authorized": true, "reference": "a7f0c5de-19b4-4f7c-9a51-0b9f4e6d2c38"}
}`

func BenchmarkParse(b *testing.B) {
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseString(document); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	v := MustParse(document)
	var dst []byte
	b.SetBytes(int64(v.Size()))
	b.ReportAllocs()
	for b.Loop() {
		dst = v.AppendJSON(dst[:0])
	}
}
