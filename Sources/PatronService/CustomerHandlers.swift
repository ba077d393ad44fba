internal import PatronCore
internal import PatronFiles
internal import PatronServer

/// The methods of CustomerService, one plain function each.
enum CustomerHandlers {}

/// The methods of TimelineService, one plain function each.
enum TimelineHandlers {}

/// The methods about consent, suppressions and store settings, one plain function each.
enum ConsentHandlers {}
