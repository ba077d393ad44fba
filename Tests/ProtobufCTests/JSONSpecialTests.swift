import CTestMessages
import PatronProto
import ProtobufC
import Testing

/// The messages of `google.protobuf` that have a JSON form of their own, and the options.
struct JSONSpecialTests {
  @Test(arguments: [
    ("1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57Z"),
    ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z"),
    ("2024-02-29T00:00:00.5z", "2024-02-29T00:00:00.500Z"),
    ("1969-12-31t23:59:59.000001+00:00", "1969-12-31T23:59:59.000001Z"),
  ])
  func readsTimestamps(_ text: String, _ expected: String) throws {
    let input = try CustomerInput(json: "{\"accountCreatedAt\": \"\(text)\"}")
    #expect(try input.json() == "{\"accountCreatedAt\":\"\(expected)\"}")
  }

  @Test(arguments: [
    "2023-02-29T00:00:00Z", "2024-05-31", "2024-05-31T24:00:00Z", "2024-05-31T00:00:00",
    "2024-05-31T00:00:00.1234567891Z", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z",
    "9999-12-31T23:59:59-01:00", "", "x",
  ])
  func refusesTimestamps(_ text: String) {
    #expect(throws: JSONError.self) {
      try CustomerInput(json: "{\"accountCreatedAt\": \"\(text)\"}")
    }
  }

  @Test func usesTheParserForOtherFormsOfInstants() throws {
    let options = JSONReadOptions(parseInstant: { text in
      text == "2024-05-31" ? JSONInstant(seconds: 1_717_113_600, nanoseconds: 0) : nil
    })
    let input = try CustomerInput(json: #"{"accountCreatedAt": "2024-05-31"}"#, options: options)
    #expect(input.accountCreatedAt?.seconds == 1_717_113_600)
    #expect(throws: JSONError.self) {
      try CustomerInput(json: #"{"accountCreatedAt": "2024-06-31"}"#, options: options)
    }
  }

  @Test(arguments: [
    ("1.5s", "1.500s"), ("-0.000000001s", "-0.000000001s"), ("0s", "0s"),
    ("315576000000s", "315576000000s"),
  ])
  func readsDurations(_ text: String, _ expected: String) throws {
    let retry = try GoogleRPC.RetryInfo(json: "{\"retryDelay\": \"\(text)\"}")
    #expect(try retry.json() == "{\"retryDelay\":\"\(expected)\"}")
  }

  @Test(arguments: ["1.5", "1.5 s", ".5s", "s", "315576000001s", "1.0000000001s", "--1s"])
  func refusesDurations(_ text: String) {
    #expect(throws: JSONError.self) {
      try GoogleRPC.RetryInfo(json: "{\"retryDelay\": \"\(text)\"}")
    }
  }

  @Test func refusesToWriteTimesOutOfRange() {
    let input = CustomerInput.with {
      $0.accountCreatedAt = .with { $0.seconds = 253_402_300_800 }
    }
    let error = #expect(throws: JSONError.self) { try input.json() }
    #expect(
      error?.description == "accountCreatedAt: a timestamp is outside the years 1 to 9999"
    )
  }

  @Test func readsFieldMasks() throws {
    let request = try UpdateCustomerRequest(json: #"{"updateMask": "firstName,address.zip"}"#)
    #expect(request.updateMask?.paths == ["first_name", "address.zip"])
    #expect(try request.json() == #"{"updateMask":"firstName,address.zip"}"#)
    #expect(throws: JSONError.self) {
      try UpdateCustomerRequest(json: #"{"updateMask": "first_name"}"#)
    }
  }

  @Test func readsAndWritesAny() throws {
    let text = """
      {"code":5,"message":"gone","details":[\
      {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"X","metadata":{"a":"b"}},\
      {"@type":"type.googleapis.com/google.protobuf.Duration","value":"2s"}]}
      """
    let resolve: @Sendable (String) -> MessageDescriptor? = { MessageTypes.descriptor(named: $0) }
    let status = try GoogleRPC.Status(json: text, options: JSONReadOptions(resolve: resolve))
    #expect(status.details.count == 2)
    let info = try GoogleRPC.ErrorInfo(decoding: status.details[0].value)
    #expect(info.reason == "X")
    #expect(try status.json(JSONWriteOptions(resolve: resolve)) == text)
    // An unknown type is shown by its bytes.
    #expect(
      try status.json().hasSuffix(
        #"{"@type":"type.googleapis.com/google.protobuf.Duration","value":"CAI="}]}"#
      )
    )
    #expect(throws: JSONError.self) { try GoogleRPC.Status(json: text) }
    #expect(throws: JSONError.self) {
      try GoogleRPC.Status(
        json: #"{"details": [{"reason": "X"}]}"#,
        options: JSONReadOptions(resolve: resolve)
      )
    }
  }

  @Test func writesPrettyTextAndDefaults() throws {
    let type = MessageDescriptor(patron__test__v1__repeateds__descriptor_address())
    let packed = try type.packJSON(Array(#"{"strings": ["a", "b"], "leaves": [{}]}"#.utf8))
    let pretty = try type.writeJSON(packed: packed, options: JSONWriteOptions(pretty: true))
    #expect(
      String(decoding: pretty, as: UTF8.self) == """
        {
          "strings": [
            "a",
            "b"
          ],
          "leaves": [
            {}
          ]
        }
        """
    )
    let leaf = try type.writeJSON(packed: packed, options: JSONWriteOptions(writesDefaults: true))
    #expect(
      String(decoding: leaf, as: UTF8.self).hasSuffix(
        #""colors":[],"leaves":[{"externalId":"","count":"0"}]}"#
      )
    )
  }
}
