internal import PatronModel
package import PatronStore

extension CustomerRow {
  /// Returns true if the customer has the address now, or another spelling of the same phone line.
  package func has(_ key: CustomerKey) -> Bool {
    PatronModel.Channel.allCases.contains { channel in
      guard let own = address(channel), let named = key.address(channel) else { return false }
      return named == own || (channel == .sms && PhoneSpellings.twin(of: named) == own)
    }
  }
}
