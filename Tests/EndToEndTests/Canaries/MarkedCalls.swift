/// Calls of the command line that write, read and refuse marked values.
enum MarkedCalls {
  private static let customer = #""customer":{"externalId":"zqmarilo-7"}"#
  private static let email = #""channels":["CHANNEL_EMAIL"]"#
  private static let gone = #""email":"zqmarilo.gone@zqmarilo.example""#

  /// Calls that succeed, in this order.
  static let valid: [(method: String, request: String)] = [
    (
      "UpsertCustomer",
      #"{"customer":{"externalId":"zqmarilo-7","email":"\#(Canaries.email)","#
        + #""phoneNumber":"\#(Canaries.phone)","firstName":"Zqmarilo First","#
        + #""lastName":"Zqmarilo Last","tags":"zqmarilo-tag","acceptsEmailMarketing":true,"#
        + #""address":{"address1":"Zqmarilo Street 7","city":"Zqmarilo City","#
        + #""company":"Zqmarilo Inc","countryCode":"US","zip":"zqmarilo1"},"#
        + #""customProperties":{"zqmarilo_name":{"stringValue":"Zqmarilo value"}}}}"#
    ),
    (
      "RecordEvent",
      #"{\#(customer),"event":{"eventId":"zqmarilo-event","source":"EVENT_SOURCE_THIRD_PARTY","#
        + #""sourceName":"quiz_app","type":"quiz_completed","title":"Zqmarilo title","#
        + #""properties":{"zqmarilo_name":{"stringValue":"Zqmarilo text"}}}}"#
    ),
    (
      "SyncOrder",
      #"{\#(customer),"order":{"externalId":"zqmarilo-order","placedAt":"2026-01-01T00:00:00Z","#
        + #""name":"Zqmarilo order","total":{"currencyCode":"USD","minorUnits":"100"}}}"#
    ),
    (
      "UnsubscribeCustomer",
      #"{\#(customer),\#(email),"actor":"ACTOR_OPERATOR","evidence":{"source":"zqmarilo_source","#
        + #""ip":"\#(Canaries.ip)","userAgent":"Zqmarilo agent","note":"Zqmarilo note"}}"#
    ),
    (
      "SuppressCustomer",
      #"{\#(customer),"channels":["CHANNEL_SMS"],"reason":"SUPPRESSION_REASON_MANUAL","#
        + #""note":"Zqmarilo note"}"#
    ),
    (
      "ImportSuppressions",
      #"{"suppressions":[{"address":"zqmarilo.list@zqmarilo.example","#
        + #""channel":"CHANNEL_EMAIL","reason":"SUPPRESSION_REASON_MANUAL","#
        + #""note":"Zqmarilo note"}]}"#
    ),
    (
      "ImportCustomers",
      #"{"items":[{"customer":{"email":"zqmarilo.two@zqmarilo.example","#
        + #""firstName":"Zqmarilo Two"}}]}"#
    ),
    ("BatchUpsertCustomers", #"{"customers":[{\#(gone),"firstName":"Zqmarilo Gone"}]}"#),
    ("UpdateTags", #"{"customers":[{"externalId":"zqmarilo-7"}],"add":"zqmarilo-added"}"#),
    (
      "SubscribeCustomer",
      #"{"customer":{\#(gone)},\#(email),"actor":"ACTOR_CUSTOMER","doubleOptIn":true,"#
        + #""evidence":{"source":"zqmarilo_form","pageUrl":"https://zqmarilo.example/x"}}"#
    ),
    (
      "UpdateStoreSettings",
      #"{"settings":{"optOutWords":{"values":["zqmarilo"]}},"updateMask":"optOutWords"}"#
    ),
    (
      "RegisterEventType",
      #"{"type":{"sourceName":"zqmarilo_app","type":"zqmarilo_done","label":"Zqmarilo label"}}"#
    ),
    (
      "MergeCustomers",
      #"{"primary":{"externalId":"zqmarilo-7"},"#
        + #""secondary":{"email":"zqmarilo.two@zqmarilo.example"}}"#
    ),
    ("DeleteCustomer", #"{"customer":{\#(gone)},"reason":"Zqmarilo reason"}"#),
    ("ListCustomers", #"{"filter":{"query":"zqmarilo"}}"#), ("ListSuppressions", "{}"),
    ("ListConsentHistory", "{\(customer)}"), ("GetTimeline", "{\(customer)}"),
  ]

  /// Calls that the server refuses, with the exit statuses of the command line.
  static let refused: [(status: Int32, method: String, request: String)] = [
    (69, "GetCustomer", #"{"customer":{\#(gone)}}"#),
    (
      70, "UpsertCustomer",
      #"{"customer":{"externalId":"zqmarilo-8","email":"\#(Canaries.email)"}}"#
    ),
    (
      67, "UpsertCustomer",
      #"{"customer":{"externalId":"zqmarilo-8","email":"zqmarilo","phoneNumber":"5557391","#
        + #""gender":"zqmarilo","tags":"zqmarilo\u0001"}}"#
    ),
    (69, "GetTimeline", #"{"customer":{"externalId":"zqmarilo-9"}}"#),
    (67, "ListCustomers", #"{"pageToken":"zqmarilo"}"#),
    (71, "ListCustomers", #"{"storeId":"zqmarilo"}"#),
    (71, "CreateStore", #"{"storeId":"zqmarilo"}"#),
  ]
}
