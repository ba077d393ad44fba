import PatronModel
import Testing

@Suite struct IdentityTests {
  private let mail = "ann@shop.example"

  private func person(
    _ id: Int64,
    _ externalID: String? = nil,
    _ email: String? = nil,
    _ phone: String? = nil
  ) -> IdentityMatch {
    IdentityMatch(customerID: id, externalID: externalID, emailKey: email, phone: phone)
  }

  /// Decides over `people`, found as a store would find them.
  private func decide(
    _ mode: IdentityMode = .upsert,
    _ externalID: String? = nil,
    _ email: String? = nil,
    _ phone: String? = nil,
    people: [IdentityMatch] = []
  ) -> IdentityDecision {
    IdentityRequest(
      mode: mode,
      given: Identifiers(externalID: externalID, emailKey: email, phone: phone),
      byExternalID: people.first { $0.identifiers.externalID == externalID },
      byEmail: people.first { $0.identifiers.emailKey == email },
      byPhone: people.first { $0.identifiers.phone == phone }
    ).decide()
  }

  private func reason(_ decision: IdentityDecision) -> String? {
    if case .invalid(let error) = decision { error.reason } else { nil }
  }

  @Test func whatMustBeGiven() {
    for mode in IdentityMode.allCases {
      #expect(reason(decide(mode)) == "IDENTITY_MISSING")
      #expect(reason(decide(mode, "42")) == "CONTACT_REQUIRED")
      #expect(decide(mode, nil, mail) == .create)
      #expect(decide(mode, nil, nil, "+1") == .create)
      #expect(decide(mode, "42", mail) == .create)
      #expect(decide(mode, "42", nil, "+1") == .create)
      #expect(decide(mode, "42", mail, "+1") == .create)
    }
    #expect(reason(decide(.upsert, nil, mail, "+1")) == "IDENTITY_AMBIGUOUS")
    #expect(reason(decide(.event, nil, mail, "+1")) == "IDENTITY_AMBIGUOUS")
    #expect(decide(.order, nil, mail, "+1") == .create)
  }

  @Test func knownByExternalID() {
    let ann = person(1, "42", mail, "+1")
    #expect(decide(.upsert, "42", people: [ann]) == .update(1))
    #expect(decide(.upsert, "42", mail, "+1", people: [ann]) == .update(1))
    #expect(decide(.upsert, "42", "new@shop.example", people: [ann]) == .update(1))
    #expect(decide(.upsert, "42", nil, "+2", people: [ann]) == .update(1))
  }

  @Test func othersWithAnExternalIDKeepTheirs() {
    let ann = person(1, "42", mail)
    let bob = person(2, "43", "bob@shop.example", "+2")
    let both = [ann, bob]
    #expect(
      decide(.upsert, "42", "bob@shop.example", people: both) == .conflict(.email, ownerID: 2)
    )
    #expect(decide(.upsert, "42", mail, "+2", people: both) == .conflict(.phone, ownerID: 2))
    #expect(decide(.upsert, "99", mail, people: both) == .conflict(.email, ownerID: 1))
    #expect(decide(.upsert, "99", nil, "+2", people: both) == .conflict(.phone, ownerID: 2))
    #expect(decide(.upsert, "99", mail, "+2", people: both) == .conflict(.email, ownerID: 1))
    #expect(decide(.order, nil, mail, "+2", people: both) == .conflict(.phone, ownerID: 2))
  }

  @Test func othersWithoutOneAreMerged() {
    let ann = person(1, "42", mail)
    let byMail = person(2, nil, "new@shop.example")
    let byPhone = person(3, nil, nil, "+3")
    let all = [ann, byMail, byPhone]
    #expect(decide(.upsert, "42", "new@shop.example", people: all) == .mergeRequired([1, 2]))
    #expect(decide(.upsert, "42", mail, "+3", people: all) == .mergeRequired([1, 3]))
    #expect(
      decide(.upsert, "42", "new@shop.example", "+3", people: all) == .mergeRequired([1, 2, 3])
    )
    #expect(
      decide(.upsert, "99", "new@shop.example", "+3", people: all) == .mergeRequired([2, 3])
    )
    #expect(
      decide(.order, nil, "new@shop.example", "+3", people: all) == .mergeRequired([2, 3])
    )
    #expect(decide(.order, nil, mail, "+3", people: all) == .mergeRequired([1, 3]))
    let guest = person(4, "g@shop.example", "g@shop.example", "+4")
    #expect(decide(.upsert, "42", mail, "+4", people: [ann, guest]) == .mergeRequired([1, 4]))
    let both = person(5, nil, "five@shop.example", "+5")
    #expect(
      decide(.upsert, "42", "five@shop.example", "+5", people: [ann, both])
        == .mergeRequired([1, 5])
    )
  }

  @Test func aConflictComesBeforeAMerge() {
    let people = [
      person(1, "42", mail), person(2, nil, "new@shop.example"), person(3, "44", nil, "+3"),
    ]
    #expect(
      decide(.upsert, "42", "new@shop.example", "+3", people: people)
        == .conflict(.phone, ownerID: 3)
    )
    #expect(
      decide(.upsert, "99", "new@shop.example", "+3", people: people)
        == .conflict(.phone, ownerID: 3)
    )
    #expect(
      decide(.order, nil, "new@shop.example", "+3", people: people)
        == .conflict(.phone, ownerID: 3)
    )
  }

  @Test func aProfileWithoutExternalIDIsAdopted() {
    let ann = person(1, nil, mail, "+1")
    #expect(
      decide(.upsert, "42", mail, people: [ann]) == .adopt(1, previousExternalID: nil)
    )
    #expect(
      decide(.upsert, "42", mail, "+1", people: [ann]) == .adopt(1, previousExternalID: nil)
    )
    #expect(
      decide(.upsert, "42", nil, "+1", people: [ann]) == .adopt(1, previousExternalID: nil)
    )
    #expect(
      decide(.upsert, "42", "new@shop.example", "+1", people: [ann])
        == .adopt(1, previousExternalID: nil)
    )
    #expect(decide(.upsert, nil, mail, people: [ann]) == .update(1))
    #expect(decide(.order, nil, mail, "+9", people: [ann]) == .update(1))
    #expect(decide(.order, nil, "new@shop.example", "+1", people: [ann]) == .update(1))
    #expect(decide(.order, nil, mail, "+1", people: [ann]) == .update(1))
  }

  @Test func aGuestIsAdoptedByTheRealExternalID() {
    let guest = person(1, mail, mail)
    let shouting = person(1, "Ann@Shop.Example", mail)
    #expect(guest.isGuest && shouting.isGuest && !person(1, "42", mail).isGuest)
    #expect(
      decide(.upsert, "42", mail, people: [guest]) == .adopt(1, previousExternalID: mail)
    )
    #expect(
      decide(.upsert, "42", mail, people: [shouting])
        == .adopt(1, previousExternalID: "Ann@Shop.Example")
    )
    let bob = person(2, "43", nil, "+2")
    #expect(
      decide(.upsert, "42", mail, "+2", people: [guest, bob]) == .conflict(.phone, ownerID: 2)
    )
    let phoneOnly = person(3, nil, nil, "+3")
    #expect(
      decide(.upsert, "42", mail, "+3", people: [guest, phoneOnly]) == .mergeRequired([1, 3])
    )
  }

  @Test func guestsComeBack() {
    let guest = person(1, mail, mail)
    #expect(decide(.order, mail, mail, people: [guest]) == .update(1))
    #expect(decide(.order, mail, mail, "+1", people: [guest]) == .update(1))
    #expect(decide(.order, "Ann@Shop.Example", mail, people: [guest]) == .update(1))
    #expect(
      decide(.order, mail, mail, people: [person(1, nil, mail)])
        == .adopt(1, previousExternalID: nil)
    )
    // A registered customer who checks out as a guest stays what they are.
    #expect(decide(.order, mail, mail, people: [person(1, "42", mail)]) == .update(1))
    let bob = person(2, "43", nil, "+2")
    #expect(
      decide(.order, mail, mail, "+2", people: [guest, bob]) == .conflict(.phone, ownerID: 2)
    )
    #expect(decide(.order, mail, mail, "+2", people: [bob]) == .conflict(.phone, ownerID: 2))
  }

  @Test func aFormerExternalIDNamesItsCustomer() {
    let ann = person(1, "42", mail)
    let request = IdentityRequest(
      mode: .upsert,
      given: Identifiers(externalID: "41", emailKey: mail),
      byExternalID: ann,
      byEmail: ann
    )
    #expect(request.decide() == .update(1))
    #expect(request.identifiers(updating: ann).externalID == "42")
  }

  @Test func matchesOfWhatIsNotGivenAreIgnored() {
    let request = IdentityRequest(
      mode: .upsert,
      given: Identifiers(emailKey: mail),
      byPhone: person(1, nil, nil, "+1")
    )
    #expect(request.decide() == .create)
  }

  @Test func recordsSetIdentifiersAndOrdersFillGaps() {
    let ann = person(1, "42", mail)
    let given = Identifiers(externalID: "42", emailKey: "new@shop.example", phone: "+1")
    func after(_ mode: IdentityMode) -> Identifiers {
      IdentityRequest(mode: mode, given: given, byExternalID: ann).identifiers(updating: ann)
    }
    #expect(after(.upsert) == given)
    #expect(after(.event) == given)
    #expect(after(.order) == Identifiers(externalID: "42", emailKey: mail, phone: "+1"))
    let guest = person(2, mail, mail)
    let adopting = IdentityRequest(
      mode: .upsert,
      given: Identifiers(externalID: "42", emailKey: mail, phone: "+1"),
      byEmail: guest
    )
    #expect(
      adopting.identifiers(updating: guest)
        == Identifiers(externalID: "42", emailKey: mail, phone: "+1")
    )
  }

  @Test func aContactIsKept() throws {
    try IdentityRequest.requireContact(emailKey: mail, phone: nil)
    try IdentityRequest.requireContact(emailKey: nil, phone: "+1")
    #expect { try IdentityRequest.requireContact(emailKey: nil, phone: nil) } throws: {
      ($0 as? RuleError)?.reason == "CONTACT_REQUIRED"
    }
  }
}
