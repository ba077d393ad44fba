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

  /// Decides on a request, with matches looked up in `people`.
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
    #expect(decide(.row, nil, mail, "+1") == .create)
  }

  @Test func peopleWithOtherEmailAddressesShareAPhone() {
    let new = "new@shop.example"
    let ann = person(1, "42", mail, "+1")
    let guest = person(2, nil, "guest@shop.example", "+2")
    let phoneOnly = person(3, nil, nil, "+3")
    let all = [ann, guest, phoneOnly]
    for mode in [IdentityMode.order, .event] {
      // Neither the owner of the number nor the identifier of the other customer matters.
      #expect(decide(mode, "43", new, "+1", people: all) == .shared(ownerID: 1))
      #expect(decide(mode, "43", new, "+2", people: all) == .shared(ownerID: 2))
      #expect(decide(mode, "42", nil, "+2", people: all) == .shared(ownerID: 2))
      #expect(decide(mode, "42", new, "+2", people: all) == .shared(ownerID: 2))
      // The number alone names its owner, and so does the owner's e-mail address.
      #expect(decide(mode, nil, nil, "+1", people: all) == .update(1))
      #expect(
        decide(mode, "43", nil, "+2", people: all) == .adopt(2, previousExternalID: nil)
      )
      #expect(decide(mode, "42", mail, "+1", people: all) == .update(1))
      // An owner without an e-mail address may still be the same person.
      #expect(
        decide(mode, "43", new, "+3", people: all) == .adopt(3, previousExternalID: nil)
      )
      #expect(decide(mode, "42", nil, "+3", people: all) == .mergeRequired([1, 3]))
    }
    for owner in [ann, guest] {
      let phone = owner.identifiers.phone
      #expect(
        decide(.order, nil, new, phone, people: all) == .shared(ownerID: owner.customerID)
      )
      #expect(
        decide(.order, new, new, phone, people: all) == .shared(ownerID: owner.customerID)
      )
    }
    #expect(decide(.order, nil, "guest@shop.example", "+1", people: all) == .shared(ownerID: 1))
    #expect(decide(.order, nil, new, "+3", people: all) == .update(3))
    // A customer known to the shop is not the guest who has another address.
    let known = person(4, "44", nil, "+4")
    #expect(decide(.order, nil, mail, "+4", people: [ann, known]) == .shared(ownerID: 4))
  }

  @Test func rowsNameOnePerson() {
    let new = "new@shop.example"
    let ann = person(1, "42", mail, "+1")
    let guest = person(2, nil, "guest@shop.example", "+2")
    let phoneOnly = person(3, nil, nil, "+3")
    let mailOnly = person(4, nil, "four@shop.example")
    let all = [ann, guest, phoneOnly, mailOnly]
    func row(
      _ externalID: String?,
      _ email: String?,
      _ phone: String? = nil
    ) -> IdentityDecision { decide(.row, externalID, email, phone, people: all) }
    // The e-mail address and phone number belong to two people.
    #expect(row(nil, mail, "+2") == .mismatch(.phone, ownerID: 2))
    #expect(row(nil, "four@shop.example", "+3") == .mismatch(.phone, ownerID: 3))
    #expect(row("42", mail, "+3") == .mismatch(.phone, ownerID: 3))
    #expect(row("42", "guest@shop.example") == .mismatch(.email, ownerID: 2))
    #expect(row("43", mail) == .mismatch(.email, ownerID: 1))
    #expect(row("43", nil, "+1") == .mismatch(.phone, ownerID: 1))
    // An identifier of a customer found by another identifier is not replaced.
    #expect(row(nil, new, "+1") == .mismatch(.phone, ownerID: 1))
    #expect(row(nil, mail, "+9") == .mismatch(.phone, ownerID: 1))
    #expect(row("43", "guest@shop.example", "+9") == .mismatch(.phone, ownerID: 2))
    #expect(row("43", new, "+2") == .mismatch(.phone, ownerID: 2))
    // Gaps are filled, and a request with the shop's own identifier replaces the others.
    #expect(row(nil, "four@shop.example", "+9") == .update(4))
    #expect(row(nil, new, "+3") == .update(3))
    #expect(row("42", new, "+9") == .update(1))
    #expect(row("43", "four@shop.example", "+9") == .adopt(4, previousExternalID: nil))
    #expect(row(nil, mail, "+1") == .update(1))
    #expect(row("43", new, "+9") == .create)
    // The own e-mail address does not count as an identifier of the shop's.
    let shouting = person(5, "Five@Shop.Example", "five@shop.example", "+5")
    #expect(
      decide(.row, "Five@Shop.Example", "five@shop.example", "+9", people: [shouting])
        == .mismatch(.phone, ownerID: 5)
    )
    #expect(
      decide(.row, "five@shop.example", "five@shop.example", "+5", people: [shouting])
        == .update(5)
    )
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
    #expect(decide(.order, nil, mail, "+2", people: both) == .shared(ownerID: 2))
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
      decide(.order, nil, "new@shop.example", "+3", people: people) == .shared(ownerID: 3)
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
    #expect(decide(.order, nil, "new@shop.example", "+1", people: [ann]) == .shared(ownerID: 1))
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
    // A registered customer who checks out as a guest remains registered.
    #expect(decide(.order, mail, mail, people: [person(1, "42", mail)]) == .update(1))
    let bob = person(2, "43", nil, "+2")
    #expect(decide(.order, mail, mail, "+2", people: [guest, bob]) == .shared(ownerID: 2))
    #expect(decide(.order, mail, mail, "+2", people: [bob]) == .shared(ownerID: 2))
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
  }

  @Test func matchesOfMissingIdentifiersAreIgnored() {
    let request = IdentityRequest(
      mode: .upsert,
      given: Identifiers(emailKey: mail),
      byPhone: person(1, nil, nil, "+1")
    )
    #expect(request.decide() == .create)
  }

  @Test func aContactIsKept() throws {
    try IdentityRequest.requireContact(emailKey: mail, phone: nil)
    try IdentityRequest.requireContact(emailKey: nil, phone: "+1")
    #expect { try IdentityRequest.requireContact(emailKey: nil, phone: nil) } throws: {
      ($0 as? RuleError)?.reason == "CONTACT_REQUIRED"
    }
  }
}
