#include "otlp/terms.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace rondeau;
using service::TraceSettings;

namespace {

using Variables = std::map<std::string, std::string>;

struct Judged {
  std::optional<otlp::Terms> terms;
  std::vector<std::string> mistakes;
  std::vector<std::string> warnings;
};

Judged judge(const TraceSettings& settings, const Variables& variables = {}) {
  Judged judged;
  judged.terms = otlp::judge_tracing(
      settings, "shop", "1.2",
      [&](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
      },
      judged.mistakes, judged.warnings);
  return judged;
}

TraceSettings to(std::string endpoint) {
  TraceSettings settings;
  settings.endpoint = std::move(endpoint);
  return settings;
}

std::string attribute(const otlp::Terms& terms, std::string_view key) {
  for (const auto& [name, value] : terms.exporter.resource) {
    if (name == key) return value;
  }
  return "(none)";
}

}  // namespace

TEST_CASE("otlp: spans go where settings or variables say, and nowhere without them") {
  struct Case {
    std::string endpoint;
    Variables variables;
    std::string url;  ///< empty: nowhere
  };
  for (const Case& row : {
           Case{"", {}, ""},
           Case{"http://c:4318", {}, "http://c:4318/v1/traces"},
           Case{"http://c:4318/", {}, "http://c:4318/v1/traces"},
           Case{"https://c/otlp", {}, "https://c/otlp/v1/traces"},
           Case{"", {{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://e:4318"}}, "http://e:4318/v1/traces"},
           Case{"", {{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t:1/as/it/is"}}, "http://t:1/as/it/is"},
           Case{"",
                {{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t:1/"}, {"OTEL_EXPORTER_OTLP_ENDPOINT", "http://e:4318"}},
                "http://t:1/"},
           Case{"http://c:4318", {{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t:1/"}}, "http://c:4318/v1/traces"},
           Case{"", {{"OTEL_EXPORTER_OTLP_ENDPOINT", ""}}, ""},
           Case{"", {{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://e"}, {"OTEL_SDK_DISABLED", "true"}}, ""},
           Case{"", {{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://e"}, {"OTEL_TRACES_EXPORTER", "none"}}, ""},
           Case{"", {{"OTEL_EXPORTER_OTLP_ENDPOINT", "e:4317"}}, ""},
       }) {
    CAPTURE(row.url);
    const Judged judged = judge(to(row.endpoint), row.variables);
    CHECK(judged.mistakes.empty());
    REQUIRE(judged.terms.has_value() == !row.url.empty());
    if (judged.terms) CHECK(judged.terms->exporter.url == row.url);
  }
}

TEST_CASE("otlp: which traces are sampled is said in OpenTelemetry's words") {
  struct Case {
    std::string sampler;
    std::optional<double> share;
    Variables variables;
    bool follows;
    double expected;
  };
  for (const Case& row : {
           Case{"", {}, {}, true, 1},
           Case{"", 0.25, {}, true, 0.25},
           Case{"always_on", {}, {}, false, 1},
           Case{"always_off", {}, {}, false, 0},
           Case{"traceidratio", 0.5, {}, false, 0.5},
           Case{"parentbased_always_off", {}, {}, true, 0},
           Case{"parentbased_traceidratio", 0.1, {}, true, 0.1},
           Case{"", {}, {{"OTEL_TRACES_SAMPLER", "traceidratio"}, {"OTEL_TRACES_SAMPLER_ARG", "0.75"}}, false, 0.75},
           Case{"", {}, {{"OTEL_TRACES_SAMPLER", "parentbased_always_off"}}, true, 0},
           Case{"always_on", {}, {{"OTEL_TRACES_SAMPLER", "always_off"}}, false, 1},
       }) {
    CAPTURE(row.sampler);
    TraceSettings settings = to("http://c");
    settings.sampler = row.sampler;
    settings.share = row.share;
    const Judged judged = judge(settings, row.variables);
    CHECK(judged.mistakes.empty());
    CHECK(judged.warnings.empty());
    REQUIRE(judged.terms.has_value());
    CHECK(judged.terms->sampler.follows_parent == row.follows);
    CHECK(judged.terms->sampler.share == row.expected);
  }
}

TEST_CASE("otlp: whose spans they are, settings before variables before the service's own") {
  const Judged plain = judge(to("http://c"));
  CHECK(attribute(*plain.terms, "service.name") == "shop");
  CHECK(attribute(*plain.terms, "service.version") == "1.2");
  TraceSettings settings = to("http://c");
  settings.resource = "deployment.environment.name=test, team=a%2Cb";
  settings.headers = Secret(std::string("api-key=x%20y"));
  const Judged judged = judge(settings, {{"OTEL_SERVICE_NAME", "store"},
                                         {"OTEL_RESOURCE_ATTRIBUTES", "service.name=other,team=z,host.name=h"},
                                         {"OTEL_EXPORTER_OTLP_HEADERS", "api-key=theirs"}});
  CHECK(attribute(*judged.terms, "service.name") == "store");
  CHECK(attribute(*judged.terms, "team") == "a,b");
  CHECK(attribute(*judged.terms, "host.name") == "h");
  CHECK(attribute(*judged.terms, "deployment.environment.name") == "test");
  CHECK(judged.terms->exporter.headers.get("api-key") == "x y");
  const Judged theirs = judge(to("http://c"), {{"OTEL_EXPORTER_OTLP_HEADERS", "api-key=theirs"}});
  CHECK(theirs.terms->exporter.headers.get("api-key") == "theirs");
}

TEST_CASE("otlp: a wrong setting is a mistake, a wrong variable a warning") {
  TraceSettings settings;
  settings.endpoint = "collector:4317";
  settings.sampler = "sometimes";
  settings.share = 1.5;
  settings.resource = "x";
  settings.headers = Secret(std::string("bad name=x"));
  CHECK(judge(settings).mistakes ==
        std::vector<std::string>{
            "trace.endpoint: must be a URL such as http://collector:4318, not \"collector:4317\"",
            "trace.headers: must be fields as NAME=VALUE,NAME=VALUE",
            "trace.resource: must be attributes as NAME=VALUE,NAME=VALUE",
            "trace.share: must be from 0 to 1",
            "trace.sampler: must be always_on, always_off or traceidratio, or one of them behind parentbased_, not "
            "\"sometimes\"",
        });
  const Judged judged = judge(to("http://c"), {{"OTEL_TRACES_SAMPLER", "jaeger_remote"},
                                               {"OTEL_TRACES_SAMPLER_ARG", "lots"},
                                               {"OTEL_RESOURCE_ATTRIBUTES", "=x"},
                                               {"OTEL_EXPORTER_OTLP_HEADERS", "x"},
                                               {"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"}});
  CHECK(judged.mistakes.empty());
  CHECK(judged.warnings.size() == 5);
  REQUIRE(judged.terms.has_value());
  CHECK(judged.terms->sampler.share == 1);
}
