package import PatronModel

/// The ids and addresses that find a customer, including those of customers merged into it.
package struct ErasedNames: Sendable {
  package var ids: [Int64]
  /// Phone numbers in E.164 form, and e-mail addresses in their compared form.
  package var addresses: [(channel: Channel, address: String)]
}
