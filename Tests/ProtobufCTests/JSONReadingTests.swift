import CTestMessages
import PatronProto
import ProtobufC
import Testing

/// Accepted and refused texts, and the errors that people read.
struct JSONReadingTests {
  static let scalars = MessageDescriptor(patron__test__v1__scalars__descriptor_address())
  static let choices = MessageDescriptor(patron__test__v1__choices__descriptor_address())
  static let maps = MessageDescriptor(patron__test__v1__maps__descriptor_address())
  static let repeateds = MessageDescriptor(patron__test__v1__repeateds__descriptor_address())

  /// Reads a text and writes it again, compactly.
  private func normal(_ text: String, _ type: MessageDescriptor = scalars) throws(JSONError)
    -> String
  {
    let packed = try type.packJSON(Array(text.utf8))
    return String(decoding: try type.writeJSON(packed: packed), as: UTF8.self)
  }

  private func failure(
    _ text: String,
    _ type: MessageDescriptor = scalars,
    _ options: JSONReadOptions = .init()
  ) -> String {
    do throws(JSONError) {
      let packed = try type.packJSON(Array(text.utf8), options: options)
      return "accepted: \(packed)"
    } catch {
      return error.description
    }
  }

  @Test(arguments: [
    (#"{"int32_value": 5}"#, #"{"int32Value":5}"#),
    (#"{"int64Value": 9007199254740993}"#, #"{"int64Value":"9007199254740993"}"#),
    (#"{"int64Value": "-9223372036854775808"}"#, #"{"int64Value":"-9223372036854775808"}"#),
    (#"{"uint64Value": "18446744073709551615"}"#, #"{"uint64Value":"18446744073709551615"}"#),
    (#"{"int32Value": 1.50e2}"#, #"{"int32Value":150}"#),
    (#"{"int32Value": "7", "int64Value": null}"#, #"{"int32Value":7}"#),
    (
      #"{"doubleValue": "NaN", "floatValue": "-Infinity"}"#,
      #"{"doubleValue":"NaN","floatValue":"-Infinity"}"#
    ),
    (#"{"doubleValue": 0.1, "floatValue": 0.1}"#, #"{"doubleValue":0.1,"floatValue":0.1}"#),
    (#"{"doubleValue": "1e300"}"#, #"{"doubleValue":1e+300}"#),
    (#"{"bytesValue": "-_8"}"#, #"{"bytesValue":"+/8="}"#),
    (#"{"bytesValue": "+/8="}"#, #"{"bytesValue":"+/8="}"#),
    (
      #"{"color": "COLOR_RED", "signed": "SIGNED_BELOW"}"#,
      #"{"color":"COLOR_RED","signed":"SIGNED_BELOW"}"#
    ),
    (#"{"color": 1, "signed": 77}"#, #"{"color":"COLOR_RED","signed":77}"#),
    (#"{"stringValue": "\u00e9\ud83d\ude00\n\/"}"#, #"{"stringValue":"é😀\n/"}"#),
    (#"{"string\u0056alue": "x"}"#, #"{"stringValue":"x"}"#),
    ("{}", "{}"), ("\u{FEFF} { } ", "{}"),
  ])
  func accepts(_ text: String, _ expected: String) throws {
    #expect(try normal(text) == expected)
  }

  @Test func keepsPresence() throws {
    let input = try CustomerInput(
      json: #"{"email": "", "tags": null, "acceptsSmsMarketing": false}"#
    )
    #expect(input.email == "")
    #expect(input.tags == nil)
    #expect(input.acceptsSMSMarketing == false)
    #expect(try input.json() == #"{"email":"","acceptsSmsMarketing":false}"#)
  }

  @Test func readsOneofsAndMaps() throws {
    #expect(try normal(#"{"text": ""}"#, Self.choices) == #"{"text":""}"#)
    #expect(try normal(#"{"text": null, "number": 0}"#, Self.choices) == #"{"number":"0"}"#)
    #expect(
      try normal(#"{"names":{"a":"b","":""},"numbers":{"-5":1},"switches":{"true":5}}"#, Self.maps)
        == #"{"names":{"":"","a":"b"},"numbers":{"-5":1},"switches":{"true":"COLOR_DEEP_BLUE"}}"#
    )
    #expect(try normal(#"{"customBlobs": {}}"#, Self.maps) == "{}")
  }

  @Test(arguments: [
    ("", "line 1, column 1: the text is empty; expected an object for patron.test.v1.Scalars"),
    ("[]", "line 1, column 1: expected an object for patron.test.v1.Scalars, found an array"),
    (
      "{\n  \"int32Value\": 1\n  \"color\": 1}", "line 3, column 3: expected `,` or `}`, found `\"`"
    ),
    (
      #"{"int32Value": 1,}"#,
      "line 1, column 18: a comma before the end of the object is not allowed"
    ),
    (#"{"int32Value": 1} x"#, "line 1, column 19: unexpected text after the message"),
    (#"{'int32Value': 1}"#, "line 1, column 2: expected a name in double quotes, found `'`"),
    (#"{"int32Value": 01}"#, "line 1, column 16: int32Value: malformed number"),
    (
      #"{"int32Value": 1, "int32_value": 2}"#,
      "line 1, column 19: the field `int32_value` is given twice"
    ),
    (
      #"{"int32Value": 2147483648}"#,
      "line 1, column 16: int32Value: expected an int32 of -2147483648 to 2147483647, found 2147483648"
    ),
    (
      #"{"int32Value": 1.5}"#,
      "line 1, column 16: int32Value: expected an int32 of -2147483648 to 2147483647, found 1.5"
    ),
    (#"{"int32Value": "1 "}"#, #"line 1, column 16: int32Value: expected a number, found "1 ""#),
    (#"{"int32Value": true}"#, "line 1, column 16: int32Value: expected an int32, found a boolean"),
    (#"{"doubleValue": 1e999}"#, "line 1, column 17: doubleValue: 1e999 is too large for a double"),
    (#"{"stringValue": 5}"#, "line 1, column 17: stringValue: expected a string, found a number"),
    (#"{"stringValue": "\ud83d"}"#, "line 1, column 18: stringValue: half of a surrogate pair"),
    (
      #"{"stringValue": "\u0000"}"#,
      "line 1, column 18: stringValue: a string cannot contain U+0000"
    ),
    (
      #"{"stringValue": "abc"#,
      "line 1, column 17: stringValue: the text ends inside the string that begins here"
    ),
    (#"{"bytesValue": "*"}"#, "line 1, column 16: bytesValue: the string is not base64"),
    (
      #"{"color": "COLOR_REDD"}"#,
      "line 1, column 11: color: `COLOR_REDD` is no value of patron.test.v1.Color; "
        + "did you mean `COLOR_RED`?"
    ),
    (#"{"boolValue": truee}"#, "line 1, column 15: boolValue: expected a value, found `truee`"),
    (#"{"é": 1, "int32Valu": 1}"#, "line 1, column 2: unknown field `é` in patron.test.v1.Scalars"),
  ])
  func refuses(_ text: String, _ expected: String) {
    #expect(failure(text) == expected)
  }

  @Test func namesTheFieldAndASuggestion() {
    let text = """
      {
        "customer": {"email": "a@example.com"},
        "items": [
          {"customer": {"emial": "b@example.com"}}
        ]
      }
      """
    #expect(
      failure(text, BatchRecordEventsRequest.descriptor)
        == "line 2, column 3: unknown field `customer` in patron.v1.BatchRecordEventsRequest"
    )
    let inner = text.replacing("  \"customer\": {\"email\": \"a@example.com\"},\n", with: "")
    #expect(
      failure(inner, BatchRecordEventsRequest.descriptor)
        == "line 3, column 19: items[0].customer: unknown field `emial` in patron.v1.CustomerInput; "
        + "did you mean `email`?"
    )
    #expect(
      failure(#"{"int32Value": 1, "frist_name": 1}"#, CustomerInput.descriptor)
        .hasPrefix("line 1, column 2: unknown field `int32Value`")
    )
    #expect(
      failure(#"{"frist_name": 1}"#, CustomerInput.descriptor).hasSuffix(
        "did you mean `first_name`?"
      )
    )
    #expect(
      failure(#"{"frstName": 1}"#, CustomerInput.descriptor).hasSuffix("did you mean `firstName`?")
    )
  }

  @Test func refusesTwoMembersOfAOneof() {
    #expect(
      failure(#"{"text": "a", "number": 1}"#, Self.choices)
        == "line 1, column 15: number: only one may be given, and `text` is given too"
    )
  }

  @Test func refusesNullInsideCollectionsAndDuplicateKeys() {
    #expect(
      failure(#"{"strings": ["a", null]}"#, Self.repeateds)
        == "line 1, column 19: strings[1]: an array cannot contain null"
    )
    #expect(
      failure(#"{"names": {"a": "1", "a": "2"}}"#, Self.maps)
        == "line 1, column 22: names: the key `a` is given twice"
    )
    #expect(
      failure(#"{"numbers": {"x": 1}}"#, Self.maps)
        == #"line 1, column 14: numbers: expected a key that is an int64, found "x""#
    )
  }

  @Test func boundsNesting() {
    let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
    let options = JSONReadOptions(ignoresUnknownFields: true)
    #expect(
      failure("{\"x\": \(deep)}", Self.scalars, options).hasSuffix(
        "values are nested deeper than 100"
      )
    )
    #expect(failure(#"{"x": [1, {"y": null}]}"#, Self.scalars, options) == "accepted: []")
  }

  @Test func refusesInvalidUTF8() {
    let bytes = Array(#"{"stringValue": ""#.utf8) + [0xC0, 0x80] + Array(#""}"#.utf8)
    #expect(throws: JSONError.self) { try Self.scalars.packJSON(bytes) }
  }

  @Test func everyPrefixOfAMessageIsRefused() throws {
    let text = Array(#"{"stringValue": "\u00e9", "doubleValue": -1.5e3, "boolValue": true}"#.utf8)
    for length in 0..<text.count {
      #expect(throws: JSONError.self) { try Self.scalars.packJSON(Array(text[..<length])) }
    }
    #expect(try Self.scalars.packJSON(text).isEmpty == false)
  }

  @Test func separatesValues() throws {
    let text = Array("{\"a\": 1} [2]\n\n3\"x\" ".utf8)
    let values = JSONValueSequence(text).map { result in
      (try? result.get()).map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(values == ["{\"a\": 1}", "[2]", "3", "\"x\""])
    let broken = Array(JSONValueSequence(Array("{} {".utf8)))
    #expect(broken.count == 2)
    #expect(throws: JSONError.self) { try broken[1].get() }
  }
}
