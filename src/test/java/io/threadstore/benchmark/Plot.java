package io.threadstore.benchmark;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Dimension;
import java.awt.Font;
import java.awt.Rectangle;
import java.io.IOException;
import java.nio.file.Files;
import java.text.NumberFormat;
import java.util.List;
import java.util.Locale;
import org.apache.batik.dom.GenericDOMImplementation;
import org.apache.batik.svggen.SVGGraphics2D;
import org.jfree.chart.ChartFactory;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.StandardChartTheme;
import org.jfree.chart.axis.LogAxis;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.axis.NumberTickUnit;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.XYLineAndShapeRenderer;
import org.jfree.data.xy.XYSeries;
import org.jfree.data.xy.XYSeriesCollection;

/** Lines over a logarithmic axis, as an SVG file beside the benchmark's JSON. */
final class Plot {

    private static final Dimension SIZE = new Dimension(720, 420);
    private static final Color[] COLOURS = {new Color(0x1F5FA8), new Color(0xC8552B), new Color(0x5A8F3C)};

    private final XYSeriesCollection lines = new XYSeriesCollection();
    private final JFreeChart chart;
    private final LogAxis across;

    /**
     * @param x what goes from left to right, by a logarithmic scale
     * @param y what goes from the bottom up, from 0 on
     * @param base of the logarithm: a tick for each of its powers
     */
    Plot(String title, String x, String y, double base) {
        chart = ChartFactory.createXYLineChart(title, x, y, lines);
        theme().apply(chart);
        across = new LogAxis(x);
        across.setBase(base);
        across.setTickUnit(new NumberTickUnit(1));
        across.setNumberFormatOverride(NumberFormat.getIntegerInstance(Locale.ROOT));
        var up = new NumberAxis(y);
        up.setAutoRangeIncludesZero(true);
        up.setNumberFormatOverride(NumberFormat.getInstance(Locale.ROOT));
        var plot = (XYPlot) chart.getPlot();
        plot.setDomainAxis(across);
        plot.setRangeAxis(up);
        plot.setBackgroundPaint(Color.WHITE);
        plot.setDomainGridlinePaint(Color.LIGHT_GRAY);
        plot.setRangeGridlinePaint(Color.LIGHT_GRAY);
        plot.setRenderer(renderer());
        chart.setBackgroundPaint(Color.WHITE);
    }

    private static StandardChartTheme theme() {
        var theme = new StandardChartTheme("plain");
        theme.setExtraLargeFont(new Font(Font.SANS_SERIF, Font.BOLD, 15));
        theme.setLargeFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
        theme.setRegularFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
        return theme;
    }

    private static XYLineAndShapeRenderer renderer() {
        var renderer = new XYLineAndShapeRenderer();
        for (var i = 0; i < COLOURS.length; i++) {
            renderer.setSeriesPaint(i, COLOURS[i]);
            renderer.setSeriesStroke(i, new BasicStroke(2));
        }
        return renderer;
    }

    /** A line through these points; both lists are of the same length. */
    Plot line(String label, List<? extends Number> xs, List<Double> ys) {
        var line = new XYSeries(label);
        for (var i = 0; i < xs.size(); i++) {
            line.add(xs.get(i), ys.get(i));
        }
        lines.addSeries(line);
        return this;
    }

    /** @param name of the file, without what follows the dot */
    void write(String name) throws IOException {
        var document = GenericDOMImplementation.getDOMImplementation()
                .createDocument("http://www.w3.org/2000/svg", "svg", null);
        var graphics = new SVGGraphics2D(document);
        graphics.setSVGCanvasSize(SIZE);
        chart.draw(graphics, new Rectangle(SIZE));
        try (var out = Files.newBufferedWriter(Report.file(name + ".svg"))) {
            graphics.stream(out, true);
        }
    }
}
