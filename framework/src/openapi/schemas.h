// Schemas: from descriptors to JSON Schema 2020-12. Structs are written once, as components, and referred to.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/reflect/descriptor.h>
#include <rondeau/schema/operation.h>

#include "openapi/json_text.h"
#include "openapi/ways.h"

namespace rondeau::openapi {

class Schemas {
 public:
  /// Told of all that will be written, before anything is.
  void add(const schema::Form& form, Way way) {
    if (form.type != nullptr) ways_.add(*form.type, way);
  }
  /// Which way goes what is written from now on.
  void set_way(Way way) { way_ = way; }

  /// What a body or a member may hold.
  void write(JsonText& out, const schema::Form& form);
  /// The same for a parameter, which cannot be null. `initial` is the value of an absent one as JSON, or empty.
  void write_parameter(JsonText& out, const schema::Form& form, const std::string& initial);
  /// A reference to the schema of problems (RFC 9457).
  void write_problem(JsonText& out);

  /// All that was referred to, and what that refers to, sorted by name. Errors: two of one name that differ.
  Result<void> write_components(JsonText& out);

 private:
  using Rules = std::vector<reflect::Rule>;

  /// A struct; as an alternative of a variant also the member that tells it from the others.
  struct Component {
    const reflect::Descriptor* type = nullptr;
    std::string_view tag;
    std::string_view tag_value;
    Way way = Way::In;
    bool operator==(const Component&) const = default;
  };

  enum class Null { No, Yes };

  void any(JsonText& out, const reflect::Descriptor& type, Null null);
  void plain(JsonText& out, const reflect::Descriptor& type, Null null, const Rules& rules);
  void checked(JsonText& out, const reflect::Descriptor& type, Null null, Rules rules);
  void integer(JsonText& out, const reflect::Descriptor& type, Null null, const Rules& rules);
  void text(JsonText& out, const reflect::TextDescriptor& type, Null null, const Rules& rules);
  void converted(JsonText& out, const reflect::ConvertedDescriptor& type, Null null, const Rules& rules);
  void enumeration(JsonText& out, const reflect::EnumDescriptor& type, Null null);
  void sequence(JsonText& out, const reflect::SequenceDescriptor& type, Null null, const Rules& rules);
  void tuple(JsonText& out, const reflect::TupleDescriptor& type, Null null);
  void map(JsonText& out, const reflect::MapDescriptor& type, Null null);
  void variant(JsonText& out, const reflect::VariantDescriptor& type, Null null);
  void reference(JsonText& out, Component component, Null null);
  void refer(JsonText& out, const std::string& name);

  std::string remember(const Component& component);
  std::string text_of(const Component& component);
  void structure(JsonText& out, const Component& component);
  void property(JsonText& out, const reflect::StructDescriptor& type, std::size_t index, const std::string& initial);

  bool open(JsonText& out);

  /// What is said of a member, beside its type.
  struct Notes {
    std::string_view description;
    std::string_view example;
    bool example_is_text = false;
    std::string initial;  // JSON
  };
  Ways ways_;
  Way way_ = Way::In;
  std::optional<Notes> notes_;  // until the member's schema begins
  std::map<std::string, std::vector<Component>> components_;
  std::vector<std::pair<std::string, Component>> waiting_;
  bool problem_ = false;
};

}  // namespace rondeau::openapi
