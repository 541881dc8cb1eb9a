// Free-form documents as text: the same walk as for structs, so the same limits and the same numbers.
#include <nlohmann/json.hpp>

#include "json/writer.h"

namespace rondeau::json {

bool Writer::document(const nlohmann::json& document) {
  using Type = nlohmann::json::value_t;
  switch (document.type()) {
    case Type::null:
      return out_.put("null"), true;
    case Type::boolean:
      return out_.put(document.get_ref<const bool&>() ? "true" : "false"), true;
    case Type::number_integer:
      return signed_number(&document.get_ref<const std::int64_t&>(), 8), true;
    case Type::number_unsigned:
      return unsigned_number(&document.get_ref<const std::uint64_t&>(), 8), true;
    case Type::number_float:
      return floating(&document.get_ref<const double&>(), sizeof(double));
    case Type::string:
      return put_string(out_, document.get_ref<const std::string&>()), true;
    case Type::array: {
      if (!deeper()) return false;
      out_.put('[');
      for (std::size_t i = 0; i < document.size(); ++i) {
        if (i != 0) out_.put(',');
        if (!this->document(document[i])) return under(std::to_string(i));
      }
      out_.put(']');
      --depth_;
      return true;
    }
    case Type::object: {
      if (!deeper()) return false;
      bool first = true;
      out_.put('{');
      for (const auto& [key, value] : document.get_ref<const nlohmann::json::object_t&>()) {
        if (!first) out_.put(',');
        first = false;
        put_string(out_, key);
        out_.put(':');
        if (!this->document(value)) return under(key);
      }
      out_.put('}');
      --depth_;
      return true;
    }
    case Type::binary:
    case Type::discarded:
      break;
  }
  return fail("this kind of document value has no JSON form");
}

}  // namespace rondeau::json
