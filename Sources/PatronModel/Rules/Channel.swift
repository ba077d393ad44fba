/// A message channel. Raw values are those of the protocol and are stored: never renumber.
package enum Channel: Int, Sendable, Hashable, CaseIterable {
  /// Text messages to the phone number.
  case sms = 1
  /// E-mail to the e-mail address.
  case email = 2

  /// A stable lower-case name, used by filters and the command line.
  package var name: String {
    switch self {
    case .sms: "sms"
    case .email: "email"
    }
  }
}
