package io.threadstore.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HealthProbeTest {

    @Test
    void address_withoutConfiguration_isLoopbackOnApiPort() {
        assertThat(address(Map.of())).isEqualTo("http://127.0.0.1:8080/q/health/ready");
    }

    @Test
    void address_withoutManagementInterface_isApiPort() {
        assertThat(address(Map.of(
                        "quarkus.http.host",
                        "0.0.0.0",
                        "quarkus.http.port",
                        "8081",
                        "quarkus.management.port",
                        "9001")))
                .isEqualTo("http://127.0.0.1:8081/q/health/ready");
    }

    @Test
    void address_withManagementInterface_isManagementPort() {
        assertThat(address(Map.of("quarkus.management.enabled", "true", "quarkus.http.port", "8081")))
                .isEqualTo("http://127.0.0.1:9000/q/health/ready");
        assertThat(address(Map.of(
                        "quarkus.management.enabled",
                        "true",
                        "quarkus.management.port",
                        "9001",
                        "quarkus.management.host",
                        "2001:db8::1")))
                .isEqualTo("http://[2001:db8::1]:9001/q/health/ready");
    }

    private static String address(Map<String, String> properties) {
        return HealthProbe.address(new SmallRyeConfigBuilder()
                .withSources(new PropertiesConfigSource(properties, "test", 100))
                .build());
    }
}
