// What is wrong with a page as it stands on the screen, each in words, and what can be read on it.
(limits) => {
  const wrong = [];
  const say = (element, what) => {
    const text = (element.textContent || '').trim().replace(/\s+/g, ' ').slice(0, 60);
    wrong.push(`${element.tagName.toLowerCase()}.${element.getAttribute('class') || ''} "${text}": ${what}`);
  };
  const root = document.documentElement;
  const wide = window.innerWidth;
  const style = (element) => getComputedStyle(element);
  const isShown = (element) => {
    const box = element.getBoundingClientRect();
    const own = style(element);
    return box.width > 0 && box.height > 0 && own.visibility === 'visible' && !isHidden(element);
  };
  // Left to those who hear a page.
  const isHidden = (element) => {
    for (let at = element; at; at = at.parentElement) {
      if (style(at).clipPath === 'inset(50%)') return true;
    }
    return false;
  };

  // 1. Nothing leaves the screen, neither the page nor a part of it, and nothing is cut.
  if (root.scrollWidth > wide) say(root, `is ${root.scrollWidth} wide on ${wide}`);
  for (const element of document.body.querySelectorAll('*')) {
    if (!isShown(element)) continue;
    const box = element.getBoundingClientRect();
    if (box.right > wide + 0.5 || box.left < -0.5) say(element, `reaches from ${box.left} to ${box.right} of ${wide}`);
    if (!(element instanceof SVGElement) && element.scrollWidth > element.clientWidth + 1 &&
      style(element).overflowX !== 'visible') say(element, `shows ${element.clientWidth} of its ${element.scrollWidth}`);
  }

  // 2. and 3. Letters are large enough and stand out from what is behind them.
  const context = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', { willReadFrequently: true });
  const known = new Map();
  const colour = (text) => {
    if (known.has(text)) return known.get(text);
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = text;
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data;
    known.set(text, [red, green, blue, alpha / 255]);
    return known.get(text);
  };
  const over = (above, below) => above.slice(0, 3).map((part, at) => part * above[3] + below[at] * (1 - above[3])).concat(1);
  const light = (parts) => {
    const [red, green, blue] = parts.map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [bright, dark] = [light(one), light(other)].sort((a, b) => b - a);
    return (bright + 0.05) / (dark + 0.05);
  };
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const own = style(at);
      if (own.backgroundImage !== 'none') say(at, 'has a picture behind it');
      layers.push(colour(own.backgroundColor));
    }
    return layers.reverse().reduce((below, above) => over(above, below), limits.isDark ? [18, 18, 18, 1] : [255, 255, 255, 1]);
  };
  // What is said beside the point may be smaller.
  const aside = '.soft, header p, small, th, figcaption, svg, .key, .numbers, .axis, footer';
  let letterCount = 0;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const letters = texts.currentNode.nodeValue.trim();
    const element = texts.currentNode.parentElement;
    if (!letters || !isShown(element)) continue;
    const own = style(element);
    let size = parseFloat(own.fontSize);
    if (size === 0 || letters === '\u00a0') continue;
    if (element instanceof SVGElement) size *= element.getScreenCTM().a;
    const below = behind(element);
    const ink = over(colour(element instanceof SVGElement ? own.fill : own.color), below);
    const isLarge = size >= 24 || (size >= 18.66 && parseInt(own.fontWeight) >= 700);
    const found = contrast(ink, below);
    if (found < (isLarge ? 3 : 4.5)) say(element, `has a contrast of ${found.toFixed(2)}`);
    const least = !limits.isPhone ? 11 : element.closest(aside) ? 12 : 14;
    if (size < least - 0.01) say(element, `has letters of ${size.toFixed(1)} px`);
    letterCount += letters.length;
  }
  if (letterCount < 100) wrong.push(`the page has ${letterCount} letters`);

  // 4. Links lead somewhere, say so, and can be hit with a thumb.
  const links = [...document.links].map((link) => {
    const address = link.getAttribute('href');
    if (!/^https?:\/\/[^/]+/.test(address)) say(link, `leads to ${address}`);
    if (!link.innerText.trim()) say(link, 'has no words');
    const box = link.getBoundingClientRect();
    if (box.height < 40 || box.width < 40) say(link, `is ${box.width} × ${box.height}`);
    return address;
  });
  for (const place of document.querySelectorAll('a:not([href])')) say(place, 'leads nowhere');

  // 5. Pictures and plots are there, also for those who do not see them, and their marks stand out.
  const pictures = [...document.querySelectorAll('img, svg')].map((picture) => {
    const box = picture.getBoundingClientRect();
    const words = picture.getAttribute('alt') || picture.getAttribute('aria-label') || '';
    if (box.width < 20 || box.height < 20) say(picture, `is ${box.width} × ${box.height}`);
    if (!words.trim()) say(picture, 'says nothing to those who do not see it');
    if (picture.tagName === 'svg' && picture.getAttribute('role') !== 'img') say(picture, 'is no picture by its role');
    for (const mark of picture.querySelectorAll('rect:not(.gap)')) {
      const found = contrast(over(colour(style(mark).fill), behind(picture)), behind(picture));
      if (found < 3) say(mark, `a mark ${mark.getAttribute('class')} has a contrast of ${found.toFixed(2)}`);
    }
    return words;
  });

  // 6. What programs that read aloud need.
  if (!root.lang) wrong.push('the page does not say its language');
  if (!document.title.trim()) wrong.push('the page has no title');
  if (document.querySelectorAll('h1').length !== 1) wrong.push('the page has not one heading');
  return { wrong: [...new Set(wrong)].slice(0, 40), text: document.body.innerText.replace(/\u00a0/g, ' '), links, pictures };
}
