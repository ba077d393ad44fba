internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC

extension CustomerChange {
  /// Returns the statements of consent in the change that fit the addresses that the customer has
  /// from now on. `former` are channels of which it names an address that the customer had before a
  /// merge.
  func said(
    beside addresses: (emailKey: String?, phone: String?),
    former: Set<PatronModel.Channel>
  ) -> SaidBeside {
    var said = SaidBeside(flags: flags, imported: imported)
    guard imported != nil || flags.sms != nil || flags.email != nil else { return said }
    let named = draft.identifiers
    func differs(_ channel: PatronModel.Channel) -> Bool {
      guard let address = named.address(channel), !former.contains(channel) else { return false }
      return address != (channel == .sms ? addresses.phone : addresses.emailKey)
    }
    for channel in PatronModel.Channel.allCases {
      let isOthers = differs(channel)
      if named.address(channel) != nil, !isOthers { said.flags.named.insert(channel) }
      let isDoubtful =
        named.address(channel) == nil && PatronModel.Channel.allCases.contains(where: differs)
      if isOthers || isDoubtful { said.leave(channel, also: isOthers ? false : nil) }
    }
    said.imported?.named = said.flags.named
    return said
  }
}

extension SaidBeside {
  /// Leaves out agreements, and the flag of a channel if it is true or equals `other`.
  fileprivate mutating func leave(_ channel: PatronModel.Channel, also other: Bool?) {
    var isLeft = false
    if let flag = flags[channel], flag || flag == other {
      flags[channel] = nil
      isLeft = true
    }
    if imported?.leaveAgreements([channel]) == true { isLeft = true }
    if isLeft { warnings.append(.otherSpoke(channel)) }
  }
}

extension Warning {
  /// Warns of a flag or an agreement beside an address that is not the customer's.
  fileprivate static func otherSpoke(_ channel: PatronModel.Channel) -> Warning {
    .with {
      $0.reason = "ADDRESS_DIFFERS"
      $0.field = "customer.accepts_\(channel.name)_marketing"
      $0.message =
        "The customer has another address than the one beside it: consent is as it was. Change the "
        + "customer first, or use UnsubscribeCustomer for that address."
    }
  }
}
