#include <rondeau/extract/query.h>

#include <array>
#include <bitset>

#include <rondeau/reflect/descriptor.h>
#include <rondeau/text/utf8.h>
#include <rondeau/url/query.h>

namespace rondeau::extract {
namespace {

using http::StatusCode;
using reflect::as;
using reflect::Kind;

bool refuse(Rejection& rejection, std::string_view name, std::string_view code, std::string_view message) {
  return rejection.reject_field(StatusCode::BadRequest, "query", name, code, message);
}

bool decode(const url::QueryPair& pair, std::string_view name, std::string& text, Rejection& rejection) {
  Result<std::string> value = pair.decoded_value();
  if (!value || !text::is_utf8(*value)) return refuse(rejection, name, "encoding", "is not encoded UTF-8");
  text = *std::move(value);
  return true;
}

bool too_many(Rejection& rejection) {
  return rejection.reject(StatusCode::BadRequest, "the query has too many pairs");
}

/// The list behind optional and rules, or nullptr where there is a single value.
const reflect::SequenceDescriptor* sequence_in(const reflect::Descriptor& type, void*& value) {
  if (type.kind == Kind::Sequence) return &as<reflect::SequenceDescriptor>(type);
  if (type.kind == Kind::Checked) return sequence_in(*as<reflect::CheckedDescriptor>(type).inner, value);
  if (type.kind == Kind::Optional) {
    const auto& optional = as<reflect::OptionalDescriptor>(type);
    void* inside = value;
    if (optional.inner->kind != Kind::Sequence) return nullptr;
    inside = optional.presence(value) == reflect::Presence::Value ? const_cast<void*>(optional.get(value))
                                                                  : optional.emplace(value);
    value = inside;
    return &as<reflect::SequenceDescriptor>(*optional.inner);
  }
  return nullptr;
}

bool append(const reflect::SequenceDescriptor& type, void* list, std::string_view text, std::string& why) {
  void* slot = type.append(list);
  const bool read = read_text(*type.element, slot, text, why);
  if (type.commit != nullptr) {
    read ? type.commit(list, slot) : type.discard(slot);
  }
  return read;
}

/// Rules of a whole list, once it is complete.
bool check_rules(const reflect::Descriptor& type, const void* value, std::string& why) {
  if (type.kind != Kind::Checked) return true;
  for (const reflect::Rule& rule : as<reflect::CheckedDescriptor>(type).rules) {
    if (rule.holds != nullptr && !rule.holds(value)) return why = reflect::expectation(rule), false;
  }
  return true;
}

}  // namespace

bool query_members(const http::Request& request, const reflect::Descriptor& type, void* object, Rejection& rejection) {
  const auto& table = as<reflect::StructDescriptor>(type);
  const std::size_t most_errors = request.limits().max_listed_errors;
  std::array<const void*, reflect::StructDescriptor::kMaxFields> addresses;
  table.addresses(object, addresses.data());
  std::bitset<reflect::StructDescriptor::kMaxFields> seen;
  std::size_t count = 0;
  bool good = true;
  std::string text;
  url::QueryPairs pairs(request.query());
  for (url::QueryPair pair; pairs.next(pair);) {
    if (++count > request.limits().max_query_pairs) return too_many(rejection);
    for (std::size_t i = 0; i < table.fields.size(); ++i) {
      const reflect::Field& field = table.fields[i];
      if (!pair.has_name(field.name)) continue;
      if (rejection.fields.size() >= most_errors) return false;
      void* value = const_cast<void*>(addresses[i]);
      const reflect::SequenceDescriptor* list = sequence_in(*field.type, value);
      std::string why;
      if (seen[i] && list == nullptr) {
        good = refuse(rejection, field.name, "repeated", "is given more than once");
      } else if (!decode(pair, field.name, text, rejection)) {
        good = false;
      } else if (list != nullptr) {
        if (!seen[i]) list->clear(value);
        if (!append(*list, value, text, why)) good = refuse(rejection, field.name, "type", why);
      } else if (!read_text(*field.type, value, text, why)) {
        good = refuse(rejection, field.name, "type", why);
      }
      seen.set(i);
      break;
    }
  }
  for (std::size_t i = 0; i < table.fields.size() && rejection.fields.size() < most_errors; ++i) {
    const reflect::Field& field = table.fields[i];
    void* value = const_cast<void*>(addresses[i]);
    std::string why;
    if (seen[i] && sequence_in(*field.type, value) != nullptr) {
      if (!check_rules(*field.type, addresses[i], why)) good = refuse(rejection, field.name, "rule", why);
    } else if (!seen[i] && field.type->kind != Kind::Sequence && !reflect::may_be_absent(table, i)) {
      good = rejection.reject_missing("query", field.name);
      rejection.absent = false;
    }
  }
  std::string why;
  if (good && table.validate != nullptr && !table.validate(object, why)) {
    return rejection.reject(StatusCode::BadRequest, why);
  }
  return good;
}

bool query_text(const http::Request& request, std::string_view name, std::string& text, Rejection& rejection) {
  bool found = false;
  std::size_t count = 0;
  url::QueryPairs pairs(request.query());
  for (url::QueryPair pair; pairs.next(pair);) {
    if (++count > request.limits().max_query_pairs) return too_many(rejection);
    if (!pair.has_name(name)) continue;
    if (found) return refuse(rejection, name, "repeated", "is given more than once");
    if (!decode(pair, name, text, rejection)) return false;
    found = true;
  }
  return found || rejection.reject_missing("query", name);
}

}  // namespace rondeau::extract

namespace rondeau {

bool Extract<RawQuery>::extract(extract::Context& context, RawQuery* slot, Rejection&) {
  std::construct_at(slot, RawQuery{{std::string(context.request().query())}});
  return true;
}

}  // namespace rondeau
