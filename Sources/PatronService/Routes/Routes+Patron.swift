internal import PatronCore
internal import PatronFiles
internal import PatronProto
package import PatronServer
internal import TTRPC

extension Routes {
  /// Returns every method of the contract, each in the lane that suits it.
  package static func patron() -> Routes {
    var routes = Routes { reader in
      try StoreSettings(of: reader).defaultCountry ?? ""
    }
    routes.addCustomers()
    routes.addConsent()
    routes.addTimelines()
    routes.addAdmin()
    routes.addAudit()
    routes.addBackup()
    return routes
  }
}
