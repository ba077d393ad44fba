internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC

/// The consent in an input, limited to the statements that may count. A flag or an agreement beside
/// an address is a statement about that address. It is the customer's only if the customer has the
/// address.
///
/// | the input names | true, an agreement | false |
/// | --- | --- | --- |
/// | the customer's address of the channel | counts | counts |
/// | another address, which was not taken | left out | left out: not the customer's statement |
/// | no address of the channel, but another customer's of the other one | left out | counts |
/// | no address, or the customer's of the other channel | counts | counts |
///
/// Omissions are reported with `ADDRESS_DIFFERS`. States `unsubscribed` of an import always count.
/// Addresses from before a merge are the customer's own, see `leaveAgreements`.
struct SaidBeside {
  var flags: MarketingFlags
  var imported: ImportedConsent?
  var warnings: [Warning] = []
}
