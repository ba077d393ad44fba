/// The columns that every customer file can have, in the order of exports. Raw values are the names
/// in the header.
package enum CustomerField: String, Sendable, Hashable, CaseIterable {
  case id
  case externalID = "external_id"
  case email
  case phoneNumber = "phone_number"
  case firstName = "first_name"
  case lastName = "last_name"
  case gender
  case birthday
  case accountStatus = "account_status"
  case accountCreatedAt = "account_created_at"
  case defaultLanguage = "default_language"
  case defaultCurrency = "default_currency"
  /// The tags, joined with `, `.
  case tags
  case address1
  case address2
  case city
  case state
  case provinceCode = "province_code"
  case zip
  case countryCode = "country_code"
  case company
  case addressPhoneNumber = "address_phone_number"
  case acceptsSMSMarketing = "accepts_sms_marketing"
  case acceptsEmailMarketing = "accepts_email_marketing"
  case orderCount = "order_count"
  case totalSpent = "total_spent"
  case refundedTotal = "refunded_total"
  case netSpent = "net_spent"
  case currency
  case averageOrderValue = "average_order_value"
  case firstOrderAt = "first_order_at"
  case lastOrderAt = "last_order_at"
  case totalReviews = "total_reviews"
  case averageRating = "avg_rating"
  case loyaltyMember = "loyalty_member"
  case pointsBalance = "points_balance"
  case tier
  case origin
  case createdAt = "created_at"
  case updatedAt = "updated_at"
  case lastEventAt = "last_event_at"
  /// The full language tag that the default language comes from.
  case locale

  /// True if an import reads the column.
  package var isWritable: Bool {
    switch self {
    case .externalID, .email, .phoneNumber, .firstName, .lastName, .gender, .birthday,
      .accountStatus,
      .accountCreatedAt, .defaultLanguage, .defaultCurrency, .tags, .address1, .address2, .city,
      .state, .provinceCode, .zip, .countryCode, .company, .addressPhoneNumber,
      .acceptsSMSMarketing, .acceptsEmailMarketing, .locale:
      true
    case .id, .orderCount, .totalSpent, .refundedTotal, .netSpent, .currency, .averageOrderValue,
      .firstOrderAt, .lastOrderAt, .totalReviews, .averageRating, .loyaltyMember, .pointsBalance,
      .tier, .origin, .createdAt, .updatedAt, .lastEventAt:
      false
    }
  }

  /// The names of the writable fields of a record that do not speak of consent, in the order of
  /// exports.
  package static let attributes: [String] = {
    var names: [String] = []
    for field in allCases where field.isWritable {
      switch field {
      case .locale, .acceptsSMSMarketing, .acceptsEmailMarketing: continue
      default: break
      }
      let name = field.addressPart == nil ? field.rawValue : "address"
      if !names.contains(name) { names.append(name) }
    }
    return names
  }()

  /// The name in `patron.v1.Address` of the part that the column holds; nil for other columns.
  package var addressPart: String? {
    switch self {
    case .address1, .address2, .city, .state, .provinceCode, .zip, .countryCode, .company: rawValue
    case .addressPhoneNumber: "phone_number"
    default: nil
    }
  }

  /// The names that other programs and languages give the column, separated by spaces. They are
  /// hints for people: no column is imported by them.
  package var synonyms: String {
    switch self {
    case .externalID:
      "customerid customernumber customerno customercode customerref customerreference clientid "
        + "userid memberid shopid shopifyid shopifycustomerid kundennummer kundennr "
        + "kundenid numeroclient idcliente codicecliente codigocliente klantnummer"
    case .email:
      "email emailaddress mail mailaddress emailadresse mailadresse adresseemail adressemail "
        + "courriel correo correoelectronico posta postaelettronica eposta epost emailadres "
        + "contactemail customeremail useremail billingemail primaryemail email1"
    case .phoneNumber:
      "phone phoneno phonenumber telephone telephonenumber tel telno mobile mobilephone mobileno "
        + "mobilenumber cell cellphone cellnumber msisdn smsnumber smsphonenumber telefon "
        + "telefonnummer handy handynummer mobil mobilnummer mobiltelefon telefono telefone "
        + "celular movil cellulare téléphone portable telefoon telefoonnummer contactphone "
        + "customerphone billingphone primaryphone phone1 телефон"
    case .firstName:
      "firstname givenname given forename fname vorname prenom prénom nombre nome voornaam "
        + "förnamn fornavn imię imie customerfirstname billingfirstname имя"
    case .lastName:
      "lastname surname familyname family lname nachname familienname nom apellido apellidos "
        + "cognome sobrenome achternaam efternamn etternavn nazwisko customerlastname "
        + "billinglastname фамилия"
    case .gender:
      "sex geschlecht sexe sexo sesso género"
    case .birthday:
      "birthdate dateofbirth dob bday born geburtstag geburtsdatum datedenaissance anniversaire "
        + "fechadenacimiento cumpleaños datadinascita datanascimento geboortedatum fødselsdato "
        + "födelsedatum dataurodzenia"
    case .accountCreatedAt:
      "createdat registered registeredat registrationdate dateregistered userregistered signup "
        + "signupdate signedupat customersince membersince joined joindate"
    case .defaultLanguage:
      "language lang sprache langue idioma lingua preferredlanguage"
    case .defaultCurrency:
      "währung waehrung devise moneda valuta preferredcurrency"
    case .tags:
      "tag label labels groups group segments segment customertags etiquetas étiquettes lists"
    case .acceptsEmailMarketing:
      "acceptsmarketing acceptsemailmarketing emailoptin optinemail newsletter "
        + "newslettersubscribed emailmarketing marketingconsent"
    case .acceptsSMSMarketing:
      "acceptssmsmarketing smsoptin optinsms smsmarketing textoptin smssubscribed"
    case .address1:
      "address street streetaddress address1 addressline1 addressline street1 adresse adresse1 "
        + "strasse straße rue direccion dirección indirizzo endereço adres billingaddress1"
    case .address2:
      "addressline2 street2 adresse2 adresszusatz complement apartment suite billingaddress2"
    case .city:
      "town locality stadt ort ville ciudad città citta cidade plaats stad miasto"
    case .state:
      "province region county bundesland provincia estado stateregion"
    case .provinceCode:
      "statecode regioncode billingstatecode"
    case .zip:
      "zipcode postcode postalcode plz postleitzahl codepostal codigopostal cap cep "
        + "billingpostcode"
    case .countryCode:
      "country land pays pais país paese kraj countryregion billingcountry"
    case .company:
      "companyname organization organisation firma entreprise empresa azienda"
    default: ""
    }
  }
}
