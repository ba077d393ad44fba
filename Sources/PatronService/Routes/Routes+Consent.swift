internal import PatronCore
internal import PatronFiles
internal import PatronProto
internal import PatronServer
internal import TTRPC

extension Routes {
  /// Adds the methods of CustomerService about consent, and the settings of a store.
  mutating func addConsent() {
    typealias Consent = ConsentHandlers
    write(
      CustomerService.subscribeCustomer,
      country: \.defaultCountry,
      prepare: Consent.prepareSubscribe,
      apply: Consent.subscribe
    )
    write(
      CustomerService.confirmSubscription,
      prepare: Consent.prepareConfirm,
      apply: Consent.confirm
    )
    write(
      CustomerService.unsubscribeCustomer,
      prepare: Consent.prepareUnsubscribe,
      apply: Consent.unsubscribe
    )
    write(
      CustomerService.suppressCustomer,
      prepare: Consent.prepareSuppress,
      apply: Consent.suppress
    )
    write(
      CustomerService.unsuppressCustomer,
      prepare: Consent.prepareUnsuppress,
      apply: Consent.unsuppress
    )
    point(CustomerService.getAddressStatus, Consent.getAddressStatus)
    // The addresses of all suppressed customers are hashed.
    point(
      CustomerService.listSuppressions,
      runsLong: { _ in true },
      audits: Consent.audit,
      Consent.listSuppressions
    )
    batch(
      CustomerService.importSuppressions,
      country: \.defaultCountry,
      prepare: Consent.prepareSuppressions,
      apply: Consent.importSuppressions
    )
    point(CustomerService.listConsentHistory, Consent.listHistory)
    point(CustomerService.getStoreSettings, CustomerHandlers.getStoreSettings)
    write(
      CustomerService.updateStoreSettings,
      prepare: CustomerHandlers.prepareSettings,
      apply: CustomerHandlers.updateSettings
    )
  }
}
