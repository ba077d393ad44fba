import Testing

@testable import PatronGenerator

@Suite struct NameTests {
  @Test(arguments: [
    ("external_id", "externalID"), ("id", "id"), ("image_url", "imageURL"),
    ("client_ip", "clientIP"), ("ids_of_urls", "idsOfURLs"), ("address1", "address1"),
    ("accepts_sms_marketing", "acceptsSMSMarketing"), ("default", "`default`"),
    ("self", "self_"), ("init", "init_"),
  ])
  func properties(proto: String, swift: String) {
    #expect(SwiftNames.property(proto) == swift)
  }

  @Test(arguments: [
    ("GENDER_FEMALE", "Gender", "female"), ("COLOR_DEEP_BLUE", "Color", "deepBlue"),
    ("COLOR_2D", "Color", "_2d"), ("SERVING", "ServingStatus", "serving"),
    ("EVENT_SOURCE_THIRD_PARTY", "EventSource", "thirdParty"), ("TYPE_SELF", "Type", "self_"),
    ("COLOR_DEFAULT", "Color", "`default`"), ("COLOR_", "Color", "color"),
  ])
  func enumCases(value: String, type: String, swift: String) {
    #expect(SwiftNames.enumCase(value, of: type) == swift)
  }

  @Test(arguments: [
    ("GENDER_FEMALE", "Gender", "female"), ("REASON_HARD_BOUNCE", "Reason", "hard_bounce"),
    ("COLOR_2D", "Color", "2d"), ("NOT_SERVING", "ServingStatus", "not_serving"),
    ("TYPE_SELF", "Type", "self"), ("COLOR_", "Color", "color_"),
  ])
  func enumWords(value: String, type: String, word: String) {
    #expect(SwiftNames.enumWord(value, of: type) == word)
  }

  @Test(arguments: [
    ("google.rpc", "GoogleRPC"), ("google.protobuf", "GoogleProtobuf"),
    ("grpc.health.v1", "GRPCHealth"), ("patron.v1", nil), ("acme.vat", "AcmeVat"),
  ])
  func namespaces(package: String, swift: String?) {
    #expect(SwiftNames([], barePackage: "patron.v1").namespace(package) == swift)
  }

  @Test(arguments: [
    ("patron.v1.Date", "CalendarDate"), ("patron.v1.Actor", "ActorKind"),
    ("patron.v1.Channel", "ContactChannel"), ("google.type.Date", "Date"),
    ("patron.v1.Customer", "Customer"), ("a.Self", "Self_"), ("Bare", "Bare"),
  ])
  func declarations(proto: String, swift: String) {
    #expect(SwiftNames.declaredName(proto) == swift)
  }

  @Test func namesOfC() {
    #expect(CNames.type("patron.v1.Customer.TagsEntry") == "Patron__V1__Customer__TagsEntry")
    #expect(CNames.prefix("patron.v1.GetCustomerRequest") == "patron__v1__get_customer_request")
    #expect(CNames.prefix("a.HTTPCall2Go") == "a__httpcall2_go")
    #expect(CNames.member("default") == "default_")
    #expect(CNames.member("camelCase") == "camelcase")
    #expect(CNames.member("self") == "`self`")
    #expect(CNames.count("new") == "n_new_")
    #expect(CNames.header("a/b.proto") == "a/b.pb-c.h")
  }
}
