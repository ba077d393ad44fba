import PatronClient
import Testing

/// Tests of the extensions of errors and references in `PatronClient`.
struct ClientErrorTests {
  private func detail(_ message: some Message) throws -> StatusDetail {
    let name = type(of: message).descriptor.name
    return StatusDetail(typeURL: "type.googleapis.com/\(name)", value: try message.encoded())
  }

  @Test func findsDetails() throws {
    let conflict = RPCError(
      code: .alreadyExists,
      message: "taken",
      details: [
        StatusDetail(typeURL: "type.googleapis.com/google.rpc.ErrorInfo", value: [0xFF]),
        try detail(GoogleRPC.ErrorInfo.with { $0.reason = "IDENTIFIER_CONFLICT" }),
        try detail(GoogleRPC.ResourceInfo.with { $0.resourceName = "7" }),
      ]
    )
    #expect(conflict.reason == "IDENTIFIER_CONFLICT")
    #expect(conflict.resource?.resourceName == "7")
    #expect(conflict.violations.isEmpty)
    let bad = RPCError(
      code: .invalidArgument,
      message: "wrong",
      details: [
        try detail(
          GoogleRPC.BadRequest.with {
            $0.fieldViolations = [.with { $0.reason = "EMAIL_MALFORMED" }]
          }
        )
      ]
    )
    #expect(bad.reason == "EMAIL_MALFORMED")
    #expect(RPCError(code: .internal, message: "").reason == nil)
  }

  @Test func takesTheStatusOfAnItem() throws {
    let status = GoogleRPC.Status.with {
      $0.code = 6
      $0.message = "taken"
    }
    #expect(RPCError(status) == RPCError(code: .alreadyExists, message: "taken"))
  }

  @Test func refusesAddresses() {
    #expect(throws: RPCError.self) { try PatronClient(address: "nowhere") }
  }

  @Test func namesCustomers() {
    #expect(CustomerRef.id(7).ref == .id(7))
    #expect(CustomerRef.externalID("a").ref == .externalID("a"))
    #expect(CustomerRef.email("a").ref == .email("a"))
    #expect(CustomerRef.phoneNumber("a").ref == .phoneNumber("a"))
  }
}
