import PatronProto
import ProtobufC
import Testing

@testable import patron_load

@Suite("Request templates")
struct TemplateTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let message: MessageDescriptor
    let json: String
    let isPrecompiled: Bool
    var testDescription: String { json }
  }

  static let cases = [
    Case(
      message: GetCustomerRequest.descriptor,
      json: #"{"customer":{"externalId":"g{{random 1 1000000 7}}"}}"#,
      isPrecompiled: true
    ),
    Case(
      message: GetCustomerRequest.descriptor,
      json: #"{"storeId":"{{worker}}","customer":{"email":"{{random 0 922337203685477580}}@e.x"}}"#,
      isPrecompiled: true
    ),
    Case(
      message: GetCustomerRequest.descriptor,
      json: #"{"customer":{"id":"{{random 1 300}}"}}"#,
      isPrecompiled: false
    ),
    Case(
      message: GetCustomerRequest.descriptor,
      json: #"{"customer":{"id":{{sequence 120}}}}"#,
      isPrecompiled: false
    ),
    Case(
      message: UpsertCustomerRequest.descriptor,
      json: """
        {"customer": {"externalId": "{{sequence -3}}", "email": "a{{sequence}}@x.example",
         "firstName": "\(String(repeating: "n", count: 110)){{random -9 99999999999999999 20}}",
         "tags": "vip,t{{random 1 9}}", "address": {"city": "c{{worker}}ü"}}}
        """,
      isPrecompiled: true
    ),
    Case(
      message: GetCustomerRequest.descriptor,
      json: #"{"customer":{"externalId":"\#("\u{E000}")x{{sequence}}"}}"#,
      isPrecompiled: false
    ),
    Case(message: GetCustomerRequest.descriptor, json: "{}", isPrecompiled: true),
  ]

  @Test("A request equals the encoding of its JSON", arguments: cases)
  func equalsEncoding(_ test: Case) throws {
    let seed = UInt64(771)
    let template = try RequestTemplate(
      json: test.json,
      message: test.message,
      store: nil,
      seed: seed
    )
    #expect(template.isPrecompiled == test.isPrecompiled)
    var renderer = RequestRenderer(template)
    let text = try TemplateText(parsing: test.json)
    for request in (0..<300).map({ UInt64($0 * $0 * $0) }) {
      let filled = text.filled {
        text.digits($0, request: request, worker: 7, salts: template.salts)
      }
      let expected = try test.message.packJSON(filled)
      let rendered = [UInt8](try renderer.render(request: request, worker: 7))
      #expect(rendered == expected, "seed \(seed), request \(request)")
    }
  }

  @Test("Map values are precompiled, map keys are not")
  func maps() throws {
    let descriptor = UpsertCustomerRequest.descriptor
    let map = try #require(
      descriptor.field(named: "customer")?.message?.fields.first { $0.isMap },
      "no map field"
    )
    let value = #"{"customer":{"\#(map.name)":{"k":{"stringValue":"v{{sequence}}"}}}}"#
    let plain = #"{"customer":{"\#(map.name)":{"k":"v{{sequence}}"}}}"#
    let isText = map.message?.fields.last?.type == .string
    let json = isText ? plain : value
    let first = try RequestTemplate(json: json, message: descriptor, store: nil, seed: 1)
    #expect(first.isPrecompiled)
    let keyed = json.split(separator: #""k""#).joined(separator: #""k{{worker}}""#)
    let second = try RequestTemplate(json: keyed, message: descriptor, store: nil, seed: 1)
    #expect(!second.isPrecompiled)
  }

  @Test("The store is added to requests that do not name one", arguments: ["worker", "random 1 5"])
  func store(_ placeholder: String) throws {
    for field in ["externalId", "id"] {
      let json = #"{"customer":{"\#(field)":"{{\#(placeholder)}}"}}"#
      let template = try RequestTemplate(
        json: json,
        message: GetCustomerRequest.descriptor,
        store: "shop-é",
        seed: 3
      )
      var renderer = RequestRenderer(template)
      let bytes = [UInt8](try renderer.render(request: 0, worker: 1))
      #expect(try GetCustomerRequest(decoding: bytes).storeID == "shop-é")
    }
    let named = try RequestTemplate(
      json: #"{"store_id":"own{{worker}}"}"#,
      message: GetCustomerRequest.descriptor,
      store: "other",
      seed: 3
    )
    var renderer = RequestRenderer(named)
    let bytes = [UInt8](try renderer.render(request: 0, worker: 2))
    #expect(try GetCustomerRequest(decoding: bytes).storeID == "own2")
  }

  @Test(
    "Errors name the mistake",
    arguments: [
      ("{{random 1}}", "is not a placeholder"), ("{{randum 1 2}}", "is not a placeholder"),
      ("{{random 2 1}}", "must not be greater"), ("{{random 1 2 21}}", "width"),
      ("{{sequence 1 0}}", "width"), ("{{random a 2}}", "\"a\""), ("{{worker", "does not end"),
      ("{{worker 1}}", "is not a placeholder"), ("{{}}", "is not a placeholder"),
      (#"{"custommer":{}}"#, "did you mean `customer`"), ("{", "line 1"),
    ]
  )
  func errors(_ json: String, _ expected: String) {
    let error = #expect(throws: TemplateError.self) {
      try RequestTemplate(
        json: json,
        message: GetCustomerRequest.descriptor,
        store: nil,
        seed: 1
      )
    }
    #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
  }

  @Test("Random numbers cover exactly their range, and repeat with the seed")
  func random() throws {
    let placeholder = try Placeholder(parsing: "random -3 3")
    var counts: [Int64: Int] = [:]
    for request in 0..<7000 {
      counts[placeholder.value(request: UInt64(request), worker: 1, salt: 99), default: 0] += 1
    }
    #expect(counts.keys.sorted() == Array(-3...3))
    #expect(counts.values.allSatisfy { (800...1200).contains($0) }, "\(counts), salt 99")
    let widest = try Placeholder(parsing: "random \(Int64.min) \(Int64.max)")
    let values = Set((0..<100).map { widest.value(request: $0, worker: 1, salt: 5) })
    #expect(values.count == 100)
    #expect(values == Set((0..<100).map { widest.value(request: $0, worker: 2, salt: 5) }))
  }

  @Test("Digits are padded with zeros as in printf")
  func digits() throws {
    let text = try TemplateText(
      parsing: "{{sequence 0 3}} {{sequence -5 3}} {{sequence 1234 3}} {{sequence}} {{worker}}"
    )
    let filled = text.filled {
      text.digits($0, request: 0, worker: 12, salts: [0, 0, 0, 0, 0])
    }
    #expect(String(decoding: filled, as: UTF8.self) == "000 -05 1234 1 12")
    let least = try TemplateText(parsing: "{{sequence \(Int64.min) 20}}")
    let digits = least.digits(0, request: 0, worker: 1, salts: [0])
    #expect(String(decoding: digits, as: UTF8.self) == "\(Int64.min)")
  }
}
