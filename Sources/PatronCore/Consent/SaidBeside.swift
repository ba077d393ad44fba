internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC

/// What an input says of consent, and may say: a flag or an agreement that stands beside an address
/// is the word of that address, and the customer's only where the customer has it.
///
/// | the input names | true, an agreement | false |
/// | --- | --- | --- |
/// | the customer's address of the channel | counts | counts |
/// | another one, which was not taken | left out | left out: it is not the customer's word |
/// | none of the channel, and another customer's address of the other one | left out | counts |
/// | no address, or the customer's of the other channel | counts | counts |
///
/// What is left out is told with `ADDRESS_DIFFERS`. States `unsubscribed` of an import count in any
/// case. Addresses of before a merge are the customer's own, see `leaveAgreements`.
struct SaidBeside {
  var flags: MarketingFlags
  var imported: ImportedConsent?
  var warnings: [Warning] = []
}
