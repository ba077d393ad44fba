extension EventCatalogue {
  /// Event types about requests, segments and the customer's record.
  static let profileTypes: [EventType] = [
    .own(
      .requests,
      "request_submitted",
      "Request submitted",
      "The customer sent a request.",
      [
        .text("request_type", required: true), .text("subject", personal: true),
        .text("reference"),
      ]
    ),
    .own(
      .segments,
      "segment_joined",
      "Segment joined",
      "The customer now belongs to a segment.",
      [.text("segment_id", required: true), .text("name")]
    ),
    .own(
      .segments,
      "segment_left",
      "Segment left",
      "The customer no longer belongs to a segment.",
      [.text("segment_id", required: true), .text("name")]
    ),
    .own(
      .profile,
      "profile_created",
      "Profile created",
      "Patron learned of the customer.",
      [.text("origin", required: true)]
    ),
    .own(
      .profile,
      "profile_updated",
      "Profile updated",
      "Fields of the customer's record changed.",
      [.text("changed_fields", required: true), .text("actor")]
    ),
    .own(
      .profile,
      "tags_changed",
      "Tags changed",
      "Tags were added or removed.",
      [.text("added"), .text("removed")]
    ),
    .own(
      .profile,
      "profile_merged",
      "Profiles merged",
      "Another record was merged into this one.",
      [
        .count("merge_id", required: true), .count("other_id"), .count("moved_events"),
        .count("moved_orders"), .count("moved_consents"), .text("identifiers", personal: true),
        .text("consent_changes"),
      ]
    ),
    .own(
      .profile,
      "profile_unmerged",
      "Merge undone",
      "A merge of two records was taken back.",
      [.count("merge_id", required: true), .count("other_id")]
    ),
    .own(
      .profile,
      "profile_redacted",
      "Profile erased",
      "Personal data of the customer was removed.",
      [.count("erasure_id"), .text("mode")]
    ),
    .own(
      .profile,
      "data_exported",
      "Data exported",
      "Data of the customer was exported.",
      [.text("kind", required: true), .text("actor"), .count("rows")]
    ),
    .own(
      .profile,
      "note_added",
      "Note added",
      "Somebody of the shop left a note.",
      [.text("text", required: true, personal: true), .text("author", personal: true)]
    ),
  ]
}
