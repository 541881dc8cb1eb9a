#include "otlp/terms.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include <rondeau/text/ascii.h>
#include <rondeau/text/percent.h>
#include <rondeau/url/url.h>

namespace rondeau::otlp {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// "key=value,key=value", values percent-encoded, as OpenTelemetry's variables have it.
std::optional<Pairs> pairs_of(std::string_view text) {
  Pairs pairs;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = text::trim(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    if (equals == 0 || equals == std::string_view::npos) return std::nullopt;
    auto value = text::percent_decode(text::trim(part.substr(equals + 1)));
    if (!value) return std::nullopt;
    pairs.emplace_back(text::trim(part.substr(0, equals)), *std::move(value));
  }
  return pairs;
}

std::optional<double> share_of(std::string_view text) {
  double share = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), share);
  if (error != std::errc() || end != text.data() + text.size() || !(share >= 0 && share <= 1)) return std::nullopt;
  return share;
}

std::optional<middleware::Sampler> sampler_of(std::string_view name, double share) {
  constexpr std::string_view kParent = "parentbased_";
  middleware::Sampler sampler{.follows_parent = name.starts_with(kParent), .share = 1};
  if (sampler.follows_parent) name.remove_prefix(kParent.size());
  if (name == "always_on") return sampler;
  if (name == "always_off" || name == "traceidratio") {
    sampler.share = name == "always_off" ? 0 : share;
    return sampler;
  }
  return std::nullopt;
}

bool is_url(std::string_view text) {
  const auto url = url::Url::parse(text);
  return url && (url->scheme() == "http" || url->scheme() == "https");
}

std::string below(std::string base) {
  while (base.ends_with('/')) base.pop_back();
  return base + "/v1/traces";
}

/// Settings and variables, with what is wrong with them.
class Judge {
 public:
  Judge(const service::TraceSettings& settings, const Environment& environment, std::vector<std::string>& mistakes,
        std::vector<std::string>& warnings)
      : settings_(settings), environment_(environment), mistakes_(mistakes), warnings_(warnings) {}

  /// Empty: nowhere.
  std::string url() {
    if (!settings_.endpoint.empty()) {
      if (is_url(settings_.endpoint)) return below(settings_.endpoint);
      mistakes_.push_back("trace.endpoint: must be a URL such as http://collector:4318, not \"" + settings_.endpoint + "\"");
      return {};
    }
    if (said("OTEL_SDK_DISABLED") == "true" || said("OTEL_TRACES_EXPORTER") == "none") return {};
    std::string whole = url_of("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
    if (!whole.empty()) return whole;
    const std::string base = url_of("OTEL_EXPORTER_OTLP_ENDPOINT");
    return base.empty() ? base : below(base);
  }

  middleware::Sampler sampler() {
    const double share = settings_.share.value_or(share_said());
    if (!(share >= 0 && share <= 1)) mistakes_.push_back("trace.share: must be from 0 to 1");
    if (!settings_.sampler.empty()) {
      if (const auto sampler = sampler_of(settings_.sampler, share)) return *sampler;
      mistakes_.push_back(
          "trace.sampler: must be always_on, always_off or traceidratio, or one of them behind parentbased_, not \"" +
          settings_.sampler + "\"");
      return {};
    }
    const std::string name(said("OTEL_TRACES_SAMPLER"));
    // A share alone means that share.
    if (name.empty()) return {.follows_parent = true, .share = settings_.share.value_or(1)};
    if (const auto sampler = sampler_of(name, share)) return *sampler;
    warnings_.push_back("OTEL_TRACES_SAMPLER: \"" + name + "\" is not known here");
    return {};
  }

  http::Headers headers() {
    http::Headers fields;
    if (!settings_.headers.empty()) {
      if (!add(fields, settings_.headers.reveal())) mistakes_.push_back("trace.headers: must be fields as NAME=VALUE,NAME=VALUE");
      return fields;
    }
    for (const char* name : {"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"}) {
      const std::string_view text = said(name);
      if (text.empty()) continue;
      if (add(fields, text)) return fields;
      warnings_.push_back(std::string(name) + ": is no list of fields");
    }
    return {};
  }

  Resource resource(const std::string& name, const std::string& version) {
    Resource all;
    const auto set = [&all](const std::string& key, const std::string& value) {
      const auto found = std::ranges::find(all, key, &std::pair<std::string, std::string>::first);
      if (found != all.end()) {
        found->second = value;
      } else {
        all.emplace_back(key, value);
      }
    };
    set("service.name", name);
    set("service.version", version);
    set("telemetry.sdk.name", "rondeau");
    set("telemetry.sdk.language", "cpp");
    if (const auto pairs = pairs_of(said("OTEL_RESOURCE_ATTRIBUTES"))) {
      for (const auto& [key, value] : *pairs) set(key, value);
    } else {
      warnings_.emplace_back("OTEL_RESOURCE_ATTRIBUTES: is no list of attributes");
    }
    if (const std::string_view said_name = said("OTEL_SERVICE_NAME"); !said_name.empty()) {
      set("service.name", std::string(said_name));
    }
    if (const auto pairs = pairs_of(settings_.resource)) {
      for (const auto& [key, value] : *pairs) set(key, value);
    } else {
      mistakes_.emplace_back("trace.resource: must be attributes as NAME=VALUE,NAME=VALUE");
    }
    return all;
  }

  void warn_of_protocol() {
    for (const char* name : {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"}) {
      const std::string_view protocol = said(name);
      if (!protocol.empty() && protocol != "http/json") {
        warnings_.push_back(std::string(name) + ": http/json is what is spoken, not \"" + std::string(protocol) + "\"");
      }
    }
  }

 private:
  std::string_view said(const char* name) const {
    const char* value = environment_(name);
    return value == nullptr ? std::string_view() : text::trim(value);
  }
  std::string url_of(const char* name) {
    const std::string_view text = said(name);
    if (text.empty() || is_url(text)) return std::string(text);
    warnings_.push_back(std::string(name) + ": is no URL of http or https");
    return {};
  }
  double share_said() {
    const std::string_view text = said("OTEL_TRACES_SAMPLER_ARG");
    if (text.empty()) return 1;
    if (const auto share = share_of(text)) return *share;
    warnings_.emplace_back("OTEL_TRACES_SAMPLER_ARG: is no number from 0 to 1");
    return 1;
  }
  static bool add(http::Headers& fields, std::string_view text) {
    const auto pairs = pairs_of(text);
    return pairs && std::ranges::all_of(*pairs, [&](const auto& pair) {
             return fields.append(pair.first, pair.second).has_value();
           });
  }

  const service::TraceSettings& settings_;
  const Environment& environment_;
  std::vector<std::string>& mistakes_;
  std::vector<std::string>& warnings_;
};

}  // namespace

std::optional<Terms> judge_tracing(const service::TraceSettings& settings, const std::string& name,
                                   const std::string& version, const Environment& environment,
                                   std::vector<std::string>& mistakes, std::vector<std::string>& warnings) {
  Judge judge(settings, environment, mistakes, warnings);
  // All of it is judged, so that a mistake shows before an endpoint is set.
  Terms terms{.exporter = {.url = judge.url(), .headers = judge.headers(), .resource = judge.resource(name, version)},
              .sampler = judge.sampler()};
  if (terms.exporter.url.empty()) {
    warnings.clear();
    return std::nullopt;
  }
  judge.warn_of_protocol();
  return terms;
}

}  // namespace rondeau::otlp
