/// The actor of a change of consent. A program of the shop acts as `system`. Raw values are the
/// protocol's.
package enum ConsentActor: Int, Sendable, Hashable, CaseIterable {
  /// The customer, by a form, a keyword or a link in a message.
  case customer = 1
  /// A person who works for the shop.
  case `operator` = 2
  /// The shop's e-commerce platform.
  case platform = 3
  /// Patron itself or a program of the shop.
  case system = 4
}
