internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension CustomerHandlers {
  /// Appends the predefined filters, which are the same for every store.
  static func listFilters(
    _ request: ListFiltersRequest,
    _ context: ReadContext,
    _ response: inout ResponseBuffer
  ) throws {
    _ = try StoreID.named(request.storeID)
    try response.append(
      ListFiltersResponse.with {
        $0.categories = FilterCatalogue.categories.map { category in
          .with {
            $0.id = category.id
            $0.label = category.label
            $0.dynamic = category.isDynamic
            $0.filters = category.filters.map { filter in
              .with {
                $0.id = filter.id
                $0.label = filter.label
                $0.description = filter.description
              }
            }
          }
        }
      }
    )
  }
}
