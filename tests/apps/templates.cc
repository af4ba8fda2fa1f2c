// Templates and containers enough to keep a compiler's heap busy.
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

template <int N> struct fibonacci {
    static constexpr unsigned long value =
        fibonacci<N - 1>::value + fibonacci<N - 2>::value;
};
template <> struct fibonacci<0> { static constexpr unsigned long value = 0; };
template <> struct fibonacci<1> { static constexpr unsigned long value = 1; };

template <std::size_t... I> auto tuple_of(std::index_sequence<I...>) {
    return std::make_tuple(std::vector<std::integral_constant<std::size_t, I>>(I)...);
}

template <class Key, class Value> std::size_t fill(std::size_t n) {
    std::map<Key, std::vector<Value>> ordered;
    std::unordered_map<std::string, std::shared_ptr<std::map<Key, Value>>> hashed;
    for (std::size_t i = 0; i < n; i++) {
        ordered[static_cast<Key>(i % 17)].emplace_back(static_cast<Value>(i));
        auto &inner = hashed[std::to_string(i % 13)];
        if (!inner)
            inner = std::make_shared<std::map<Key, Value>>();
        (*inner)[static_cast<Key>(i)] = static_cast<Value>(i);
    }
    return ordered.size() + hashed.size();
}

using one = std::variant<int, double, std::string, std::vector<int>>;

int main() {
    auto tuple = tuple_of(std::make_index_sequence<16>());
    std::vector<one> values{1, 2.0, std::string("three"), std::vector<int>{4}};
    std::size_t sum = fill<int, long>(100);
    for (const auto &value : values)
        sum += std::visit([](const auto &v) { return sizeof v; }, value);
    std::function<std::size_t(std::size_t)> twice = [](std::size_t n) { return n * 2; };
    return fibonacci<80>::value % 7 + twice(sum) % 5 + std::get<3>(tuple).size() == 0;
}
