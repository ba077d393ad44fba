internal import PatronCore
internal import PatronFiles
internal import PatronServer

/// The methods of CustomerService, one plain function each.
enum CustomerHandlers {}

/// The methods of TimelineService, one plain function each.
enum TimelineHandlers {}

/// Consent, suppression and what a store decides about them, one plain function each.
enum ConsentHandlers {}
